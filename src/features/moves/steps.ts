/** What brings a move on, one look at a time: proven, told, forgotten by caches, ended. Asks machines and the world; writes in short transactions. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Saying } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import type { AccountMove } from "../../generated/sqlite/client.js";
import { placeOf } from "../accounts/index.js";
import { unseenZones, zonesTelling } from "../dns/index.js";
import { publicAddressesOf } from "../hosts/index.js";
import { liveNames } from "../sites/index.js";
import { type Leading, leadingOf, stillLead } from "./leading.js";
import { audit, finish, leadNames } from "./moves.js";
import { doubtsOf } from "./readiness.js";

/** Name servers beside the primary have the zone within it, and clocks differ. */
export const MARGIN_SECONDS = 300;
/** Until names that still lead to the machine of before are looked at again. */
const AGAIN_SECONDS = 300;
const MOST_NAMES = 5;

/** Looks at every move once. Gives what was done, in a few words. */
export async function stepAll(ctx: Context, services: Services): Promise<string> {
  const moves = await ctx.db.accountMove.findMany({ orderBy: { startedAt: "asc" } });
  const said: string[] = [];
  for (const move of moves) said.push(await step(ctx, services, move));
  return said.length === 0 ? "no moves" : said.join(", ");
}

/** Looks at one move: what it waits for is written down, and where there is nothing it goes on. */
export async function step(ctx: Context, services: Services, move: AccountMove): Promise<string> {
  const account = await placeOf(ctx.db, move.accountId);
  if (move.state === "preparing") {
    const doubts = await doubtsOf(ctx, services, account, move.fromHostId, move.toHostId);
    return doubts.length > 0 ? note(ctx, move, doubts) : act(ctx, move, "led", (tx, current) => leadNames(tx, current));
  }
  const names = await liveNames(ctx.db, account.id);
  if (move.state === "leading") {
    const zones = await unseenZones(ctx.db, (await zonesTelling(ctx.db, names)).zones);
    if (zones.length > 0) return note(ctx, move, [{ key: "moves.waits.zones", data: { count: zones.length, names: listed(zones) } }]);
    const endsAt = after(ctx, move.ttlSeconds + MARGIN_SECONDS);
    return act(ctx, move, "told", async (tx) => {
      await tx.db.accountMove.update({ where: { id: move.id }, data: { state: "waiting", endsAt, waitsFor: [], lookedAt: tx.clock.now() } });
    });
  }
  if (move.endsAt !== null && move.endsAt > ctx.clock.now()) return "waiting";
  const addresses = await publicAddressesOf(ctx.db, [move.fromHostId, move.toHostId]);
  const still = await stillLead(services.resolver, names, leadingOf(addresses.get(move.fromHostId), addresses.get(move.toHostId)));
  if (still.length > 0) return note(ctx, move, still.slice(0, MOST_NAMES).map(sentence), after(ctx, AGAIN_SECONDS));
  return act(ctx, move, "ended", async (tx, current) => {
    const now = await placeOf(tx.db, current.accountId);
    await finish(tx, current, now);
    await audit(tx, "ended", now, current);
  });
}

const after = (ctx: Context, seconds: number): Date => new Date(ctx.clock.now().getTime() + seconds * 1000);
const listed = (names: readonly string[]): string => names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ", …" : "");
const sentence = ({ name, leads }: Leading): Saying => ({ key: leads === "unknown" ? "moves.waits.name_unknown" : "moves.waits.name", data: { name } });

async function note(ctx: Context, { id, state }: AccountMove, waitsFor: Saying[], endsAt?: Date): Promise<string> {
  const data = { waitsFor: waitsFor.map(({ key, data: words }) => ({ key, data: words })), lookedAt: ctx.clock.now(), ...(endsAt && { endsAt }) };
  // Undone or ended meanwhile: there is nothing to write.
  await ctx.transaction((tx) => tx.db.accountMove.updateMany({ where: { id, state }, data }));
  return "waiting";
}

/** Acts on the move as it was looked at; one that somebody changed meanwhile is looked at again next time. */
async function act(ctx: Context, seen: AccountMove, word: string, change: (tx: TransactionContext, move: AccountMove) => Promise<void>): Promise<string> {
  return ctx.transaction(async (tx) => {
    const { id, state, fromHostId } = seen;
    const move = await tx.db.accountMove.findFirst({ where: { id, state, fromHostId } });
    if (move === null) return "changed";
    await change(tx, move);
    return word;
  });
}
