/** Whether a web machine serves all that an account has: its units, its certificates, and the very answers that its visitors get now. */
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import type { Saying } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import type { Account, AccountMove } from "../../generated/sqlite/client.js";
import { chipOf, listRefused, listUnitRows, publisherOf, readAttempts } from "../../publish/index.js";
import { unseenOn } from "../certificates/index.js";
import { liveNames } from "../sites/index.js";
import { PROBE_LABEL, type Visit, visit } from "./visits.js";

/** A page is for reading. */
const MOST_NAMES = 5;
/** Names of which the answers of both machines are compared. */
const MOST_VISITS = 200;
const AT_ONCE = 4;
const WORST_FINE = 400;
/** Roles of a web machine whose units belong to accounts. */
export const ROLES = ["web", "php"];

/** Units of the account that this machine was not yet seen to serve as they should be. */
export async function unitDoubts(db: Db, account: Pick<Account, "id">, hostId: string): Promise<Saying[]> {
  const rows = (await listUnitRows(db, [account.id], ROLES)).filter((row) => row.hostId === hostId);
  return rows.flatMap((row): Saying[] => {
    const chip = chipOf(row);
    if (chip.state === "verified") return [];
    // A unit without files cannot be asked: an account that has no site.
    if (row.serving === "nothing" && row.wanted <= row.published && chip.state !== "failed") return [];
    return [{ key: `moves.waits.unit_${chip.state}`, data: { role: row.role, key: row.key } }];
  });
}

/** Everything for which names cannot be led to this machine yet, in sentences. */
export async function doubtsOf(ctx: Context, services: Services, account: Account, move: AccountMove): Promise<Saying[]> {
  const { fromHostId: from, toHostId: to } = move;
  const units = await unitDoubts(ctx.db, account, to);
  if (units.length > 0) return withTries(ctx, move, units.slice(0, MOST_NAMES));
  const names = await unseenOn(ctx.db, account.id, to);
  if (names.length > 0) return [{ key: "moves.waits.certificates", data: { count: names.length, names: listed(names) } }];
  return compareAnswers(ctx, services, account, from, to);
}

/** When each is tried again, at the earliest: what the machine refused, by the move (steps.ts); what waits because a run failed as a whole, by the engine. */
async function withTries(ctx: Context, move: AccountMove, units: Saying[]): Promise<Saying[]> {
  const refused = await listRefused(ctx.db, triesOf(move));
  const run = await readAttempts(ctx, move.toHostId);
  return units.map(({ key, data }) => {
    const unit = refused.find(({ role, key: of }) => role === data["role"] && of === data["key"]);
    const nextAt = unit?.nextAt ?? (key === "moves.waits.unit_waiting" ? run.nextAt : null);
    return { key, data: { ...data, ...(nextAt && { nextAt: nextAt.toISOString() }) } };
  });
}

/** Units of the account at its destination, since the move began. */
export const triesOf = ({ accountId, toHostId, startedAt }: AccountMove) => ({ hostId: toHostId, accountId, roles: ROLES, since: startedAt });

/** Asks both machines for the first page of each name: what is well where names lead now must be well where they will lead. */
async function compareAnswers(ctx: Context, services: Services, account: Account, from: string, to: string): Promise<Saying[]> {
  const { hosts } = publisherOf(services);
  const [before, after] = [await hosts.find(ctx.db, from), await hosts.find(ctx.db, to)];
  if (!after?.web) return [{ key: "moves.waits.away", data: { host: after?.name ?? "?" } }];
  const target = after.web;
  const names = (await liveNames(ctx.db, account.id)).map((name) => name.replace(/^\*/, PROBE_LABEL)).slice(0, MOST_VISITS);
  const worse: { name: string; was: Visit; is: Visit }[] = [];
  for (let at = 0; at < names.length && worse.length < MOST_NAMES; at += AT_ONCE) {
    await Promise.all(
      names.slice(at, at + AT_ONCE).map(async (name) => {
        const is = await visit(target, name);
        if (isFine(is)) return;
        const was = before?.web ? await visit(before.web, name) : { error: "?" };
        if (!sameFate(was, is)) worse.push({ name, was, is });
      }),
    );
  }
  return worse.slice(0, MOST_NAMES).map(({ name, was, is }) => ({
    key: "moves.waits.answer",
    data: { name, host: after.name, answer: wordOf(is), other: before?.name ?? "?", before: wordOf(was) },
  }));
}

const isFine = (seen: Visit): boolean => "status" in seen && seen.status < WORST_FINE;

/** What fails alike on both is the site's own; a machine of before that is away cannot hold anybody back. Pure. */
export function sameFate(was: Visit, is: Visit): boolean {
  if ("error" in is) return false;
  return "error" in was || was.status === is.status;
}

const wordOf = (seen: Visit): string => ("status" in seen ? String(seen.status) : seen.error);
const listed = (names: readonly string[]): string => names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ", …" : "");
