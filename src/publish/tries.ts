/**
 * Units that a machine refused, tried again although nothing of theirs has changed. A run never does that by itself: what was refused is mostly its owner's to mend.
 * Where it is the machine that has to prove itself (an account on its way to it), what was wrong with the machine passes, or is mended, and nobody changes the unit.
 */
import type { Context } from "../core/context.js";
import type { Db } from "../core/db.js";
import { nextTryAt } from "./catch-up.js";
import { chipOf } from "./chip.js";
import { type Touched, touch } from "./touch.js";
import { listUnitRows } from "./unit-rows.js";

/** Pauses stop growing before. */
const LOOKED_AT = 8;

/** Of whom, where, and since when tries count. */
export interface TriesOf {
  hostId: string;
  accountId: string;
  roles: string[];
  since: Date;
}

/** A unit that is refused, and when its next try may come; null: at once. */
export interface RefusedUnit extends Touched {
  nextAt: Date | null;
}

/** Lists them: each after its own pause, which grows with every refusal in a row as that of a machine that is away does. */
export async function listRefused(db: Db, { hostId, accountId, roles, since }: TriesOf): Promise<RefusedUnit[]> {
  const rows = await listUnitRows(db, [accountId], roles);
  const refused = rows.filter((row) => row.hostId === hostId && chipOf(row).state === "failed");
  return Promise.all(
    refused.map(async ({ role, key, quarantinedAt }) => {
      const tries = await db.publicationPart.findMany({
        where: { accountId, role, key, publication: { hostId, startedAt: { gte: since } } },
        orderBy: { publication: { number: "desc" } },
        take: LOOKED_AT,
        select: { result: true },
      });
      const well = tries.findIndex(({ result }) => result === "verified" || result === "published");
      const failures = tries.slice(0, well === -1 ? tries.length : well).filter(({ result }) => result === "failed").length;
      return { hostId, role, key, accountId, nextAt: nextTryAt(Math.max(failures, 1), quarantinedAt) };
    }),
  );
}

/** Touches those whose time has come, or all of them; gives how many. */
export async function tryAgain(ctx: Context, of: TriesOf, all = false): Promise<number> {
  const due = async (db: Db) => (await listRefused(db, of)).filter(({ nextAt }) => all || nextAt === null || nextAt <= ctx.clock.now());
  // Mostly there is none, and nobody waits for a transaction.
  if ((await due(ctx.db)).length === 0) return 0;
  return ctx.transaction(async (tx) => {
    const units = await due(tx.db);
    await touch(tx, units);
    return units.length;
  });
}
