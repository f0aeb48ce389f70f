/** What install laid on a machine: whether it still lies there, is of this program's scripts, and whether programs run that were replaced. With the commands that help. */
import type { Db } from "../../core/db.js";
import type { Env } from "../../core/env.js";
import type { Host } from "../../generated/sqlite/client.js";
import { scriptsHash } from "./scripts.js";
import { readState } from "./state.js";

/** The machine's lines `base …` (machines/README.md), compared with this program. */
export interface Base {
  /** Files that another hand changed or took away, with which of both. */
  changed: { path: string; gone: boolean }[];
  /** Programs that run on although a newer one is installed. */
  older: string[];
  /** Other scripts than this program's; null: it cannot be told (a trial, a machine that was never asked). */
  outdated: boolean | null;
  /** What somebody types to lay all of it anew; null: nothing is wrong with it. */
  command: string | null;
  /** What starts the older programs anew; null: none is older. */
  renewal: string | null;
}

type Told = Pick<Host, "name" | "address" | "port" | "door" | "homes" | "state">;

const SSH_PORT = 22;
const HOMES = "/srv/mutu/homes";
/** What a web machine gets when nobody says otherwise, in any order. */
const USUAL = "apache nginx php-fpm";
const isUsual = (daemons: readonly string[]): boolean => [...daemons].sort().join(" ") === USUAL;
/** What `package-hook renew` starts anew. */
const RENEWED = ["knot", "bind", "proftpd"];

/** Reads it. */
export function baseOf(host: Told & { daemons: readonly { daemon: string }[] }, { origin }: Pick<Env, "origin">): Base {
  const state = readState(host.state);
  const lines = state?.daemons["base"] ?? [];
  const values = (wanted: string): string[] => lines.filter(([key]) => key === wanted).map(([, value]) => value);
  const files = (key: string): Base["changed"] => values(key).map((path) => ({ path, gone: key === "removed" }));
  const changed = [...files("changed"), ...files("removed")];
  const older = values("older");
  const [kind] = values("kind");
  const daemons = inOrder(
    host.daemons.map(({ daemon }) => daemon),
    (values("daemons")[0] ?? "").split(" "),
  );
  // Of an installed machine that tells nothing: its apply is older than these lines.
  const silent = lines.length === 0 && host.door !== "direct" && state !== null;
  const outdated = kind === "web" || kind === "control" ? values("made-from")[0] !== scriptsHash(kind, daemons) : silent ? true : null;
  const contained = values("start")[0] === "supervisor";
  return {
    changed,
    older,
    outdated,
    command: outdated === true || changed.length > 0 ? commandFor(host, daemons, origin, contained) : null,
    renewal: older.length === 0 ? null : renewalOf(older),
  };
}

/** Rows have no order, and the machine's own decides who is prepared first: an installation must not change it. */
function inOrder(daemons: readonly string[], told: readonly string[]): string[] {
  const place = (name: string) => (told.includes(name) ? told.indexOf(name) : told.length);
  return [...daemons].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function commandFor({ name, address, port, door, homes }: Told, daemons: readonly string[], origin: string, contained: boolean): string {
  if (contained) return `docker compose up -d --build --force-recreate ${name}`;
  if (door === "ssh") {
    const login = `root@${address.includes(":") ? `[${address}]` : address}${port && port !== SSH_PORT ? `:${port}` : ""}`;
    const others = [...(isUsual(daemons) ? [] : [`--daemons "${daemons.join(" ")}"`]), ...(homes === HOMES ? [] : [`--homes ${homes}`])];
    return [`mutu hosts add ${name} --ssh ${login}`, ...others].join(" ");
  }
  return `sudo sh /opt/mutu/machines/control/install --step files --host ${name} --origin ${origin} --daemons "${daemons.join(" ")}" --homes ${homes}`;
}

/** Name servers and FTP are started anew by a unit that tries their configuration first, nginx by hand, and what is exchanged beside what runs by dpkg's own hook. */
function renewalOf(older: readonly string[]): string {
  const isOther = (name: string) => name !== "nginx" && !RENEWED.includes(name);
  const acts = [
    ...(older.some(isOther) ? ["/usr/local/lib/mutu/package-hook after"] : []),
    ...(older.some((name) => RENEWED.includes(name)) ? ["systemctl start mutu-renew.service"] : []),
    // Last: it is the one that visitors may notice.
    ...(older.includes("nginx") ? ["systemctl restart mutu-nginx.service"] : []),
  ];
  return acts.map((act) => `sudo ${act}`).join(" && ");
}

/** A machine that only an administrator's own login can bring to this program's scripts. */
export interface Upkeep {
  name: string;
  /** unknown: it never told what it is made of. */
  state: "sound" | "outdated" | "changed" | "unknown";
  /** What somebody types for it; null: nothing. */
  command: string | null;
}

/** Tells of each machine reached by SSH whether it is made of this program's scripts, as it said when it was asked last. */
export async function listUpkeep(db: Db, env: Pick<Env, "origin">): Promise<Upkeep[]> {
  const hosts = await db.host.findMany({ where: { door: "ssh" }, orderBy: { name: "asc" }, include: { daemons: { select: { daemon: true } } } });
  return hosts.map((host): Upkeep => {
    const { outdated, changed, command } = baseOf(host, env);
    const { name } = host;
    if (outdated === null) {
      const daemons = host.daemons.map(({ daemon }) => daemon);
      return { name, state: "unknown", command: commandFor(host, daemons, env.origin, false) };
    }
    if (outdated) return { name, state: "outdated", command };
    return { name, state: changed.length > 0 ? "changed" : "sound", command };
  });
}

/** Counts, by host, the files of the installation that another hand changed. */
export async function changedByHost(db: Db): Promise<Map<string, number>> {
  const hosts = await db.host.findMany({ select: { id: true, state: true } });
  const count = (state: unknown) => (readState(state)?.daemons["base"] ?? []).filter(([key]) => key === "changed" || key === "removed").length;
  return new Map(hosts.map(({ id, state }) => [id, count(state)]));
}
