/** Asks a web machine for an account's log. Whoever calls has found the account by its owner's rights: its number alone is what the machine is told. */
import type { Db } from "../../core/db.js";
import type { LogKind, LogLine } from "../../core/machine/index.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";

/** Why nothing could be read. `busy`: too many ask at once; `update_needed`: the machine's apply is older than the question. */
export type Unread = "away" | "busy" | "update_needed" | "failed";

export interface LogSource {
  hostId: string;
  account: number;
  /** Names of the site's virtual hosts: lines of the account's other sites are left out. */
  names: ReadonlySet<string>;
}

type Read = { ok: true; lines: LogLine[] } | { ok: false; why: Unread };

/** Lines that a machine gives of each virtual host. */
const LINES = 1000;
const MAX_AT_ONCE = 12;

/** Who asks for the same at the same moment hears the same answer. */
const asking = new Map<string, Promise<Read>>();

/** Gives the lines of one site, in order. Never throws for what a machine does, and never waits long. */
export async function logOf(services: Services, source: LogSource, kind: LogKind): Promise<Read> {
  const key = `${source.hostId} ${source.account} ${kind}`;
  let answer = asking.get(key);
  if (!answer) {
    if (asking.size >= MAX_AT_ONCE) return { ok: false, why: "busy" };
    answer = ask(services, services.db, source, kind).finally(() => asking.delete(key));
    asking.set(key, answer);
  }
  const read = await answer;
  return read.ok ? { ok: true, lines: read.lines.filter(({ site }) => source.names.has(site)) } : read;
}

async function ask(services: Services, db: Db, { hostId, account }: LogSource, kind: LogKind): Promise<Read> {
  const host = await publisherOf(services).hosts.find(db, hostId);
  if (!host) return { ok: false, why: "away" };
  const outcome = await host.machine.log({ account, kind, lines: LINES });
  if (outcome.ok) return { ok: true, lines: outcome.value };
  const { failure } = outcome;
  services.log.warn({ host: host.name, account, kind, failure }, "log not read");
  if (failure.kind === "unreachable" || failure.kind === "timeout") return { ok: false, why: "away" };
  return { ok: false, why: failure.kind === "refused" ? "update_needed" : "failed" };
}
