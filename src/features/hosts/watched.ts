/** What is watched of machines: that they answer, speak our protocol, have room and see the members' files. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import type { Host } from "../../generated/sqlite/client.js";
import { type Base, baseOf } from "./base.js";
import { type HostState, readState } from "./state.js";

/** Of the disk that holds MUTU_ROOT: a release of ten thousand sites takes some megabytes, a log that runs wild takes all. */
const LITTLE_KB = 2 * 1024 * 1024;
const TOO_LITTLE_KB = 512 * 1024;
const KB_IN_MB = 1024;
const MB_IN_GB = 1024;
const MANY_MB = 10 * MB_IN_GB;

/** Checks of every machine, from what it said when it was asked last. */
export async function watchHosts({ db }: Context, { env }: Services): Promise<Check[]> {
  const hosts = await db.host.findMany({ orderBy: { name: "asc" }, include: { daemons: { select: { daemon: true } } } });
  return hosts.flatMap((host) => {
    const state = readState(host.state);
    return [reachable(host, state), ...(state ? [...disk(host, state), ...mount(host, state), ...base(host, baseOf(host, env))] : [])];
  });
}

function reachable({ id, name, reachable: answers, awaySince, stateAt }: Host, state: HostState | null): Check {
  const base = { name: "reachable", subject: name, href: `/hosts/${id}` };
  if (answers === null) return { ...base, state: "warning", says: { key: "hosts.checks.reachable_unknown", data: { host: name } } };
  if (answers) return { ...base, state: "ok", says: { key: "hosts.checks.reachable_ok", data: { host: name, at: stateAt?.toISOString() ?? "" } } };
  const data = { host: name, since: (awaySince ?? stateAt)?.toISOString() ?? "", reason: state?.error ?? "" };
  return { ...base, state: "failing", says: { key: "hosts.checks.reachable_failing", data }, todo: { key: "hosts.checks.reachable_todo", data } };
}

function disk({ id, name }: Host, { diskFreeKb }: HostState): Check[] {
  if (!Number.isFinite(diskFreeKb)) return [];
  const state = diskFreeKb < TOO_LITTLE_KB ? "failing" : diskFreeKb < LITTLE_KB ? "warning" : "ok";
  const megabytes = Math.floor(diskFreeKb / KB_IN_MB);
  const data = { host: name, megabytes, gigabytes: Math.floor(megabytes / MB_IN_GB) };
  const key = megabytes < MANY_MB ? "hosts.checks.disk" : "hosts.checks.disk_plenty";
  const todo = { key: "hosts.checks.disk_todo", data };
  return [{ name: "disk", subject: name, href: `/hosts/${id}`, state, says: { key, data }, ...(state === "ok" ? {} : { todo }) }];
}

/** A line `mount <state> <kind>` of the machine (machines/README.md); one that is older, or keeps no homes, tells none. */
function mount({ id, name, homes }: Host, { daemons }: HostState): Check[] {
  const [line] = daemons["mount"] ?? [];
  if (line === undefined) return [];
  const [state, kind] = line;
  const base = { name: "mount", subject: name, href: `/hosts/${id}` };
  const data = { host: name, folder: homes, kind };
  if (state === "answers") return [{ ...base, state: "ok", says: { key: "hosts.checks.mount_ok", data } }];
  const word = state === "absent" ? "absent" : "silent";
  return [{ ...base, state: "failing", says: { key: `hosts.checks.mount_${word}`, data }, todo: { key: "hosts.checks.mount_todo", data } }];
}

/** What install laid there: its files, the scripts that they come from, and programs that Debian has replaced since. A trial has none of it. */
function base({ id, name, door }: Host, { changed, older, outdated, command, renewal }: Base): Check[] {
  if (door === "direct") return [];
  const data = {
    host: name,
    files: changed.map(({ path }) => path).join(", "),
    names: older.join(", "),
    command: command ?? "",
    renewal: renewal ?? "",
  };
  const check = (about: string, fine: boolean): Check => {
    const told = { name: about, subject: name, href: `/hosts/${id}` };
    if (fine) return { ...told, state: "ok", says: { key: `hosts.checks.${about}_ok`, data } };
    return { ...told, state: "warning", says: { key: `hosts.checks.${about}`, data }, todo: { key: `hosts.checks.${about}_todo`, data } };
  };
  return [check("base", changed.length === 0), check("scripts", outdated !== true), check("programs", older.length === 0)];
}
