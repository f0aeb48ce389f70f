/** Whether an account that was suspended or removed is off the web already; if not, what holds it back. */
import { setTimeout as wait } from "node:timers/promises";
import type { Context, TransactionContext } from "../../core/context.js";
import { isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import type { Account } from "../../generated/sqlite/client.js";
import type { GoingOffline } from "../../publish/contract.js";
import { countLeaving } from "../../publish/index.js";

/** So many accounts are suspended by hand within the guards' window; more look like a slip, or a script's. */
const MOST_BY_HAND = 3;
/** Who suspends waits so long for the machine's answer; then the page says that it is on its way. */
const PATIENCE_MS = 3_000;

declare module "../../core/services.js" {
  interface Services {
    /** How long who suspends waits for the machine's answer, in milliseconds; tests wait for the answer. */
    offlinePatienceMs?: number;
  }
}

/** What of an account still answers, although it should not. */
export interface StillOnline {
  /** Parts that a guard holds back until a person lets them go. */
  held: number;
  /** Parts on their way. */
  waiting: number;
  /** Held, or else waiting: what its sentence counts. */
  count: number;
  /** Where they are looked at. */
  href: string;
}

type Shown = Pick<Account, "id" | "number" | "state">;

/** Says what of it still answers; null: nothing, or it may, or the reader decides nothing. */
export async function readStillOnline(ctx: Context, account: Shown): Promise<StillOnline | null> {
  if (account.state === "active" || !isAdmin(ctx.actor)) return null;
  const { held, waiting } = await countLeaving(ctx.db, account.id);
  return held + waiting === 0 ? null : { held, waiting, count: held || waiting, href: held > 0 ? `/publications/holds?q=${account.number}` : "/publications" };
}

/** Names its sentence, which is `accounts.online.<name>`. */
export function messageOf({ held }: StillOnline): "held" | "waiting" {
  return held > 0 ? "held" : "waiting";
}

/** Waits, for a little while, until the machine of its sites has taken them off or a guard has held them back. */
export async function awaitOffline({ publisher, offlinePatienceMs = PATIENCE_MS }: Services, { webHostId }: Pick<Account, "webHostId">): Promise<void> {
  if (publisher === undefined) return;
  // What fails is written down with the publication, and told there.
  const run = publisher.run(webHostId).catch(() => undefined);
  const late = new AbortController();
  await Promise.race([run, wait(offlinePatienceMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined)]);
  late.abort();
}

/** Of accounts that go offline, those that were suspended, since a guard held them; none when more than a few were: that no hand does. */
export async function listMeantOffline(tx: TransactionContext, going: readonly GoingOffline[], since: Date): Promise<string[]> {
  if (going.length > MOST_BY_HAND) return [];
  const held = new Map(going.map(({ accountId, heldAt }) => [accountId, heldAt]));
  const ids = [...held.keys()];
  const suspended = await tx.db.account.findMany({ where: { id: { in: ids }, state: "suspended" }, select: { id: true, suspendedAt: true } });
  const others = await tx.db.account.count({ where: { id: { notIn: ids }, state: "suspended", suspendedAt: { gt: since } } });
  if (suspended.length + others > MOST_BY_HAND) return [];
  const heldFirst = (id: string, at: Date | null) => at !== null && at > (held.get(id) ?? new Date(0));
  return suspended.filter(({ id, suspendedAt }) => heldFirst(id, suspendedAt)).map(({ id }) => id);
}
