/** Leads a program's complaint back to the unit that caused it. Pure. */
import type { Daemon, DaemonFault } from "./contract.js";
import { type FileEntry, type UnitId, unitId } from "./manifest.js";

/** Why a unit cannot be served as asked: a code for its owner, the raw words for administrators. */
export interface UnitFault {
  code: string;
  data: Record<string, string>;
  /** Daemon that refused it; null when it was refused before or after any daemon. */
  daemon: string | null;
  output: string[];
}

/** A refusal of the machine: which daemon, in which step, in its own words. */
export interface Refusal {
  daemon: string;
  step: string;
  output: string[];
}

export interface Traced {
  units: Map<UnitId, UnitFault>;
  /** Faults that name no file of the changed units. */
  unnamed: UnitFault[];
}

/** Maps refusals to the changed units whose files they name. `files` are those that the refused release changes or adds. */
export function traceRefusals(refusals: readonly Refusal[], daemons: ReadonlyMap<string, Daemon>, files: readonly FileEntry[]): Traced {
  const owners = new Map(files.map((file) => [file.path.slice(file.path.indexOf("/") + 1), unitId(file)]));
  const units = new Map<UnitId, UnitFault>();
  const unnamed: UnitFault[] = [];
  for (const { daemon, output } of refusals) {
    for (const found of explain(daemons.get(daemon), output)) {
      const fault: UnitFault = { code: found.code, data: dataOf(found), daemon, output: found.path === null ? output : wordsOn(found.path, output) };
      const owner = found.path === null ? undefined : owners.get(`${daemon}/${found.path}`);
      if (owner === undefined) unnamed.push(fault);
      else if (!units.has(owner)) units.set(owner, fault);
    }
  }
  return { units, unnamed };
}

/** Lines beside the one that names a file: a program may complain of many, and each is told its own. */
const WORDS_AFTER = 2;

function wordsOn(path: string, output: string[]): string[] {
  const at = output.findIndex((line) => line.includes(path));
  if (at === -1 || output.length <= WORDS_FEW) return output;
  return output.slice(at, at + 1 + WORDS_AFTER);
}
const WORDS_FEW = 12;

const UNEXPLAINED: DaemonFault = { path: null, line: null, code: "publications.refused", data: {} };

function explain(daemon: Daemon | undefined, output: string[]): DaemonFault[] {
  const faults = daemon?.explain(output) ?? [];
  return faults.length > 0 ? faults : [UNEXPLAINED];
}

function dataOf({ data, line }: DaemonFault): Record<string, string> {
  return line === null ? data : { line: String(line), ...data };
}
