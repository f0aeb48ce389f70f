/** Turns desired state into files: once without the probe, which gives the unit's hash, and once with it. */
import { invalid, isRefusal } from "../core/errors.js";
import type { Daemon, HostRecord, RenderedFile } from "./contract.js";
import type { Engine, Run, RunUnit } from "./engine.js";
import { type Level, nextLevel } from "./fallback.js";
import { byPath, contentHash, type FileEntry, shardOf, unitId } from "./manifest.js";
import type { UnitFault } from "./trace.js";

/** apply's own rule for paths (machines/README.md). */
const PATH = /^[a-z0-9][A-Za-z0-9._-]*(\/[a-z0-9][A-Za-z0-9._-]*)*$/;
const LONGEST_PATH = 200;
/** Of one unit: thousands of sites. More is no account's wish, and a machine takes a whole release or nothing of it (MUTU_MAX_BYTES). */
const MOST_BYTES = 8 * 1024 * 1024;

/** Lists the daemons that fill a role on a host, in the host's order. */
export function daemonsOf(engine: Pick<Engine, "daemons">, host: HostRecord, role: string): Daemon[] {
  return host.daemons.filter((enabled) => enabled.role === role).flatMap(({ name }) => engine.daemons.get(name) ?? []);
}

/** Renders every unit at the level it is to be served at; one that cannot even be rendered falls back at once. */
export async function renderUnits(engine: Engine, host: HostRecord, units: readonly RunUnit[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < units.length; index = next++) {
      const unit = units[index] as RunUnit;
      await renderUnit(engine, host, unit);
      // From here on a unit is its files: whatever it falls back to is not made from its state.
      if (unit.desired.state !== null) unit.desired = { ...unit.desired, state: RENDERED };
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, units.length) }, worker));
}

/** Each new content is waited for until it is on the disk; several at once take hardly longer than one. */
const AT_ONCE = 8;

const RENDERED = {};

/** Takes a unit down to the next thing it may serve, keeping the first reason, and renders that. */
export async function fallBack(engine: Engine, host: HostRecord, unit: RunUnit, fault: UnitFault): Promise<void> {
  const { withdrawn, claims, state } = unit.desired;
  const served = unit.row.serving === "present" || unit.row.serving === "lastGood";
  const lastGood = served && unit.before.length > 0 ? { claims: unit.row.claims as string[] } : null;
  unit.fault ??= fault;
  unit.verified = false;
  unit.counted = false;
  unit.level = nextLevel({ level: unit.level, withdrawn, gone: state === null, claims, lastGood });
  await renderUnit(engine, host, unit);
}

async function renderUnit(engine: Engine, host: HostRecord, unit: RunUnit): Promise<void> {
  if (unit.back !== null && unit.level === "present") {
    unit.files = unit.back.files;
    unit.hash = unit.back.hash;
    return;
  }
  if (unit.unreadable !== null && unit.level === "present") return fallBack(engine, host, unit, unit.unreadable.fault);
  try {
    await renderAt(engine, host, unit, unit.level);
  } catch (error) {
    if (unit.level === "nothing") throw error;
    await fallBack(engine, host, unit, faultOf(error));
  }
}

async function renderAt(engine: Engine, host: HostRecord, unit: RunUnit, level: Level): Promise<void> {
  unit.hash = null;
  if (level === "lastGood") {
    unit.files = unit.before;
    return;
  }
  const { key, state, claims } = unit.desired;
  if (level === "nothing" || state === null) {
    unit.files = [];
    return;
  }
  const daemons = daemonsOf(engine, host, unit.row.role);
  const facts = { id: host.id, name: host.name, homes: host.homes, options: host.options };
  if (level === "notice") {
    unit.files = await keep(engine, unit, daemons, (daemon) => daemon.renderNotice({ key, host: facts, claims }));
    return;
  }
  const hash = hashOf(daemons, (daemon) => daemon.render({ key, state, host: facts }, ""));
  unit.files = await keep(engine, unit, daemons, (daemon) => daemon.render({ key, state, host: facts }, hash));
  unit.hash = hash;
}

/** Hashes a unit's files as rendered without a probe: same state, same hash, on every panel. */
function hashOf(daemons: Daemon[], render: (daemon: Daemon) => RenderedFile[]): string {
  const lines = daemons.flatMap((daemon) => render(daemon).map((file) => `${contentHash(file.content)}  ${daemon.name}/${file.path}\n`));
  return contentHash(lines.sort().join(""));
}

async function keep(engine: Engine, unit: RunUnit, daemons: Daemon[], render: (daemon: Daemon) => RenderedFile[]): Promise<FileEntry[]> {
  const { role, key } = unit.row;
  const files: FileEntry[] = [];
  let bytes = 0;
  for (const daemon of daemons) {
    for (const { path, content, secret } of render(daemon)) {
      bytes += Buffer.byteLength(content);
      if (bytes > MOST_BYTES) throw invalid("publications.too_large", { most: MOST_BYTES / 1024 / 1024 });
      if (!PATH.test(path) || path.length > LONGEST_PATH) throw new Error(`daemon ${daemon.name} renders the path ${JSON.stringify(path)}`);
      const hash = await engine.store.put(content, { secret });
      files.push({ path: `${shardOf(key)}/${daemon.name}/${path}`, role, key, hash, size: Buffer.byteLength(content) });
    }
  }
  return files.sort(byPath);
}

/** A refusal of our own rules keeps its code; anything else is a renderer's bug, told to administrators. */
function faultOf(error: unknown): UnitFault {
  if (isRefusal(error)) return { code: error.code, data: stringsOf(error.data), daemon: null, output: [] };
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "publications.not_rendered", data: {}, daemon: null, output: words.split("\n") };
}

/** Makes every value a string, as sentences and JSON want them. */
export function stringsOf(data: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, String(value)]));
}

/** Sends back units that write where another one does: the later one in the order of units is at fault. */
export async function settleCollisions(run: Run): Promise<void> {
  for (let found = findCollisions(run.units, run.live.files); found.length > 0; found = findCollisions(run.units, run.live.files)) {
    for (const unit of found) await fallBack(run.engine, run.host, unit, { code: "publications.path_taken", data: {}, daemon: null, output: [] });
  }
}

function findCollisions(units: readonly RunUnit[], live: readonly FileEntry[]): RunUnit[] {
  const mine = new Set(units.map((unit) => unitId(unit.row)));
  const owners = new Map<string, string>();
  for (const file of live) if (!mine.has(unitId(file))) owners.set(file.path, unitId(file));
  return units.filter((unit) => {
    if (unit.level === "nothing") return false;
    const id = unitId(unit.row);
    const taken = unit.files.some((file) => owners.has(file.path) && owners.get(file.path) !== id);
    if (!taken) for (const file of unit.files) owners.set(file.path, id);
    return taken;
  });
}
