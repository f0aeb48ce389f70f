/** What a backup holds: which file lies where, and under which name it stands in the archive. Restoring reads the same table the other way round. */
import { access, constants, lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Env } from "../../core/env.js";

/** One file that goes into the archive, or comes out of it. */
export interface Source {
  /** In the archive, e.g. `panel/store/ab/ab12…`. */
  name: string;
  /** On this machine. */
  path: string;
}

/** Where the parts of a backup lie. */
export interface Places {
  /** The key file. */
  keys: string;
  state: string;
  tls: Env["tls"];
  /** Root of the machine's own files (`/`); null: the panel alone, as in a trial. */
  system: string | null;
}

/** Files of the machine, beside the panel's own: everything that no publication makes again (HOSTING.md 21). */
const MACHINE = [/^etc\/mutu\//, /^etc\/ssh\/ssh_host_[a-z0-9_]+_key(\.pub)?$/, /^var\/lib\/mutu\/tls\//];
/** Keys of zones: only the newest copy that their own daily backup left. */
const NAMES = [/^var\/lib\/mutu-knot\/backup\/[0-9TZ]+\//, /^var\/lib\/mutu-bind\/backup\/[0-9TZ]+\.tar$/];
const CONTENT = /^[0-9a-f]{64}(\.sealed)?$/;
const SEGMENT = /^[A-Za-z0-9_.+@=,-]+$/;

/** Gives the places of a panel. */
export function placesOf(env: Env): Places {
  return { keys: env.extra("MUTU_KEYS") ?? join(env.state, "keys"), state: env.state, tls: env.tls, system: env.mode === "production" ? "/" : null };
}

/** Lists everything but the database, in the archive's order; the store comes last, for it only grows while the rest is copied. `unreadable` gathers what we may not see. */
export async function* listSources(places: Places, unreadable: string[]): AsyncGenerator<Source> {
  yield { name: "panel/keys", path: places.keys };
  if (places.tls) yield { name: "panel/tls/certificate.pem", path: places.tls.certificate };
  if (places.tls) yield { name: "panel/tls/key.pem", path: places.tls.key };
  yield* under(join(places.state, "hosts"), "panel/hosts", unreadable);
  if (places.system !== null) yield* machineFiles(places.system, unreadable);
  for await (const source of under(join(places.state, "store"), "panel/store", unreadable)) if (CONTENT.test(source.name.split("/").at(-1) ?? "")) yield source;
}

async function* machineFiles(root: string, unreadable: string[]): AsyncGenerator<Source> {
  for (const folder of ["etc/mutu", "etc/ssh", "var/lib/mutu/tls"])
    for await (const source of under(join(root, folder), `machine/${folder}`, unreadable)) if (isMachineFile(source.name)) yield source;
  for (const daemon of ["knot", "bind"]) {
    const folder = `var/lib/mutu-${daemon}/backup`;
    const newest = (await names(join(root, folder), unreadable)).filter((name) => /^2[0-9TZ]+(\.tar)?$/.test(name)).at(-1);
    if (newest === undefined) continue;
    const path = join(root, folder, newest);
    if (newest.endsWith(".tar")) yield { name: `machine/${folder}/${newest}`, path };
    else yield* under(path, `machine/${folder}/${newest}`, unreadable);
  }
}

/** Plain files below a folder, sorted; links, sockets and what is being written are left out. */
async function* under(folder: string, name: string, unreadable: string[]): AsyncGenerator<Source> {
  for (const entry of await names(folder, unreadable)) {
    const path = join(folder, entry);
    const found = await lstat(path).catch(() => null);
    if (found?.isDirectory()) yield* under(path, `${name}/${entry}`, unreadable);
    else if (found?.isFile() && SEGMENT.test(entry)) {
      if (await isReadable(path)) yield { name: `${name}/${entry}`, path };
      else unreadable.push(path);
    }
  }
}

/** Root reads everything; the panel's own user does not see what is root's. */
const isReadable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

async function names(folder: string, unreadable: string[]): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") unreadable.push(folder);
    return [];
  }
}

function isMachineFile(name: string): boolean {
  const path = name.slice("machine/".length);
  return name.startsWith("machine/") && [...MACHINE, ...NAMES].some((pattern) => pattern.test(path));
}

/** Tells where a file of an archive belongs on this machine; null: nowhere, as an archive that somebody made up could wish. */
export function placeOf(name: string, places: Places): string | null {
  const segments = name.split("/");
  if (segments.some((segment) => !SEGMENT.test(segment) || segment === "." || segment === "..")) return null;
  if (name === "panel/keys") return places.keys;
  if (name === "panel/tls/certificate.pem") return places.tls?.certificate ?? null;
  if (name === "panel/tls/key.pem") return places.tls?.key ?? null;
  const [, part, ...rest] = segments;
  if (segments[0] === "panel" && part === "hosts" && rest.length > 0) return join(places.state, "hosts", ...rest);
  if (segments[0] === "panel" && part === "store" && rest.length === 2 && CONTENT.test(rest[1] ?? "")) return join(places.state, "store", ...rest);
  return isMachineFile(name) && places.system !== null ? join(places.system, ...segments.slice(1)) : null;
}

/** What stands in the place of something before it is restored, and is put aside whole. */
export function topsOf(places: Places): string[] {
  const panel = [places.keys, ...(places.tls ? [places.tls.certificate, places.tls.key] : []), join(places.state, "hosts"), join(places.state, "store")];
  return panel.filter((path) => dirname(path) !== path);
}

/** Names of users and groups by their numbers, and the other way round: a machine built anew may count otherwise. */
export interface Numbers {
  nameOf(id: number): string;
  idOf(name: string): number | null;
}

/** Reads `/etc/passwd` or `/etc/group`. */
export async function readNumbers(file: string): Promise<Numbers> {
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").map((line) => line.split(":"));
  const names_ = new Map(lines.map(([name = "", , id = ""]) => [Number(id), name]));
  const ids = new Map(lines.map(([name = "", , id = ""]) => [name, Number(id)]));
  return { nameOf: (id) => names_.get(id) ?? "", idOf: (name) => ids.get(name) ?? null };
}
