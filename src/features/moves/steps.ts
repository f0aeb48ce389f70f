/** What brings a move on, one look at a time: proven, told, forgotten by caches, ended. Asks machines and the world; writes in short transactions. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Saying } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import type { AccountMove } from "../../generated/sqlite/client.js";
import { tryAgain } from "../../publish/index.js";
import { placeOf } from "../accounts/index.js";
import { unseenZones, zonesTelling } from "../dns/index.js";
import { findHost, publicAddressesOf } from "../hosts/index.js";
import { liveNames } from "../sites/index.js";
import { askWorld, type Leading, leadingOf } from "./leading.js";
import { audit, finish, leadNames } from "./moves.js";
import { doubtsOf, triesOf } from "./readiness.js";

/** Name servers beside the primary have the zone within it, and clocks differ. */
export const MARGIN_SECONDS = 300;
/** Caches have at least so long: a TTL may have been lowered just before, and that of others' zones is only seen once it has changed. */
export const LEAST_SECONDS = 86_400;
/** No cache keeps an address for longer, whatever a stranger's zone says. */
const MOST_SECONDS = 604_800;
/** Until names that still lead to the machine of before are looked at again. */
const AGAIN_SECONDS = 300;
const MOST_NAMES = 5;

/** Looks at every move once; at those that wait for others only now and then. Gives what was done, in a few words. */
export async function stepAll(ctx: Context, services: Services): Promise<string> {
  const moves = await ctx.db.accountMove.findMany({ orderBy: { startedAt: "asc" } });
  const said: string[] = [];
  for (const move of moves) said.push(isDue(ctx, move) ? await step(ctx, services, move) : "waiting");
  return said.length === 0 ? "no moves" : said.join(", ");
}

const isDue = (ctx: Context, { state, lookedAt }: AccountMove): boolean => state !== "waiting" || lookedAt === null || lookedAt <= after(ctx, -AGAIN_SECONDS);

/** Looks at one move: what it waits for is written down, and where there is nothing it goes on. `now`: somebody asks, and no pause is kept. */
export async function step(ctx: Context, services: Services, move: AccountMove, { now = false }: { now?: boolean } = {}): Promise<string> {
  const account = await placeOf(ctx.db, move.accountId);
  if (move.state === "preparing") {
    // The destination is the one that has to prove itself: what it refused is tried again, less and less often.
    await tryAgain(ctx, triesOf(move), now);
    const doubts = await doubtsOf(ctx, services, account, move);
    return doubts.length > 0 ? note(ctx, move, doubts) : act(ctx, move, "led", (tx, current) => leadNames(tx, current));
  }
  const names = await liveNames(ctx.db, account.id);
  const { zones, elsewhere } = await zonesTelling(ctx.db, names);
  if (move.state === "leading") {
    const unseen = await unseenZones(ctx.db, zones);
    if (unseen.length > 0) return note(ctx, move, [{ key: "moves.waits.zones", data: { count: unseen.length, names: listed(unseen) } }]);
    // Those of our zones are told anew by now, and forgotten in time; the others are their owners' to change.
    const seen = await look(ctx, services, move, elsewhere, elsewhere);
    return act(ctx, move, "told", (tx) => wait(tx, move, seen, seen.waits.length === 0));
  }
  if (move.endsAt !== null && move.endsAt > ctx.clock.now()) return "waiting";
  const seen = await look(ctx, services, move, names, elsewhere);
  // An end that has come stays when nobody can tell for a while; a name that leads back takes it away.
  if (seen.waits.length > 0) return note(ctx, move, seen.waits, seen.there ? { endsAt: null } : {});
  if (move.endsAt === null) return act(ctx, move, "forgetting", (tx) => wait(tx, move, seen, true));
  return act(ctx, move, "ended", async (tx, current) => {
    const now = await placeOf(tx.db, current.accountId);
    await finish(tx, current, now);
    await audit(tx, "ended", now, current);
  });
}

interface Look {
  waits: Saying[];
  /** Somebody surely still goes to the machine of before, or nobody can ever tell. */
  there: boolean;
  seconds: number;
}

async function look(ctx: Context, { resolver }: Services, move: AccountMove, names: readonly string[], elsewhere: readonly string[]): Promise<Look> {
  const addresses = await publicAddressesOf(ctx.db, [move.fromHostId, move.toHostId]);
  const from = addresses.get(move.fromHostId);
  if (elsewhere.length > 0 && !from?.ipv4 && !from?.ipv6) {
    const host = (await findHost(ctx.db, move.fromHostId))?.name ?? "?";
    return { waits: [{ key: "moves.waits.address_unknown", data: { host, names: listed(elsewhere) } }], there: true, seconds: 0 };
  }
  const { still, seconds } = await askWorld(resolver, names, leadingOf(from, addresses.get(move.toHostId)));
  return { waits: still.slice(0, MOST_NAMES).map(sentence), there: still.some(({ leads }) => leads === "there"), seconds };
}

/** Both serve from now on: until caches have forgotten, or, as long as names are led by somebody else, without an end. */
async function wait(tx: TransactionContext, { id, ttlSeconds }: AccountMove, { waits, seconds }: Look, ends: boolean): Promise<void> {
  const kept = Math.max(LEAST_SECONDS, ttlSeconds, Math.min(seconds, MOST_SECONDS)) + MARGIN_SECONDS;
  const data = { state: "waiting" as const, endsAt: ends ? after(tx, kept) : null, waitsFor: written(waits), lookedAt: tx.clock.now() };
  await tx.db.accountMove.update({ where: { id }, data });
}

const after = ({ clock }: Pick<Context, "clock">, seconds: number): Date => new Date(clock.now().getTime() + seconds * 1000);
const listed = (names: readonly string[]): string => names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ", …" : "");
const sentence = ({ name, leads }: Leading): Saying => ({ key: leads === "unknown" ? "moves.waits.name_unknown" : "moves.waits.name", data: { name } });
const written = (waits: readonly Saying[]) => waits.map(({ key, data }) => ({ key, data }));

async function note(ctx: Context, { id, state }: AccountMove, waits: Saying[], end: { endsAt?: null } = {}): Promise<string> {
  // Undone or ended meanwhile: there is nothing to write.
  await ctx.transaction((tx) => tx.db.accountMove.updateMany({ where: { id, state }, data: { waitsFor: written(waits), lookedAt: tx.clock.now(), ...end } }));
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
