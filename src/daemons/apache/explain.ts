/** What Apache says when it refuses a configuration or does not start. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

// "AH00526: Syntax error on line 12 of /…/ab/apache/accounts/2001.conf:" and, nested, "…: Syntax error on line 3 of /…/2001.conf: words"
const PLACE = /Syntax error on line ([0-9]+) of (\S+?):(?:\s|$)/g;
const OUR_FILE = /\/[0-9a-f]{2}\/apache\/([a-z0-9-]+\/[A-Za-z0-9._-]+\.conf)$/;
// "AH02297: Cannot access directory '/…/' for log file '/…' defined at /…/ab/apache/accounts/2001.conf:1"
const LOG_FOLDER = /AH02297: .* defined at (\S+):([0-9]+)$/;
const UNKNOWN = /^Invalid command '([^']{1,80})'/;
const PORT = /could not bind to address (\S+)/;
const MODULE = /Cannot load (\S+) into server/;
const SILENT = /^apache (blue|green|rehearsal) does not answer$/;
// Our driver: started without the others, this file does not start.
const ALONE = /^apache alone refuses (\S+):$/;
const LOGS =
  /AH00015: Unable to open logs|AH00091: .*could not open error log|AH00106: .*log pipe|could not open transfer log|AH00089: Couldn't start ErrorLog process/i;

/** Turns Apache's and our driver's words into faults; those that name a generated file come first, an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  const faults: DaemonFault[] = [];
  let alone: string | null = null;
  output.forEach((line, at) => {
    const marked = ALONE.exec(line)?.[1];
    if (marked !== undefined) {
      alone = OUR_FILE.exec(marked)?.[1] ?? null;
      // Whatever it says next may explain it; the file is known in any case.
      const says = output.slice(at + 1, at + 3).some((next) => !ALONE.test(next) && explainMachine(next) !== null);
      if (says || alone === null) return;
    }
    const said = explainPlace(line, output[at + 1] ?? "") ?? explainLogFolder(line) ?? explainMachine(line);
    if (said !== null && said.path !== null) alone = null;
    const fault =
      marked !== undefined ? { path: alone, line: null, code: "publications.refused", data: {} } : said === null ? null : { ...said, path: said.path ?? alone };
    if (fault && !faults.some((known) => JSON.stringify(known) === JSON.stringify(fault))) faults.push(fault);
  });
  return [...faults.filter((fault) => fault.path !== null), ...faults.filter((fault) => fault.path === null)];
}

function explainPlace(line: string, next: string): DaemonFault | null {
  const places = [...line.matchAll(PLACE)];
  const last = places.at(-1);
  if (!last) return null;
  const words = line.slice(last.index + last[0].length).trim() || next.trim();
  const place = placeOf(last[2] as string, last[1] as string);
  const module = MODULE.exec(words);
  if (module) return { ...place, code: "apache.module", data: { module: fileName(module[1] as string) } };
  const unknown = UNKNOWN.exec(words);
  if (unknown) return { ...place, code: "apache.unknown_directive", data: { directive: unknown[1] as string } };
  return { ...place, code: "apache.syntax", data: { words } };
}

function explainLogFolder(line: string): DaemonFault | null {
  const found = LOG_FOLDER.exec(line);
  return found ? { ...placeOf(found[1] as string, found[2] as string), code: "apache.logs", data: {} } : null;
}

function placeOf(file: string, line: string): Pick<DaemonFault, "path" | "line"> {
  const path = OUR_FILE.exec(file)?.[1] ?? null;
  return { path, line: path === null ? null : Number(line) };
}

function explainMachine(line: string): DaemonFault | null {
  const fault = (code: string, data: Record<string, string> = {}): DaemonFault => ({ path: null, line: null, code, data });
  const port = PORT.exec(line);
  if (port) return fault("apache.port_taken", { address: port[1] as string });
  const silent = SILENT.exec(line);
  if (silent) return fault("apache.silent", { colour: silent[1] as string });
  return LOGS.test(line) ? fault("apache.logs") : null;
}

function fileName(path: string): string {
  return path.split("/").pop() ?? path;
}
