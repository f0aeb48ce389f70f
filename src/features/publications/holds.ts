/** Units that stand still: who sees them, what would change, and how they are let go on. */
import type { Context } from "../../core/context.js";
import { conflict, notFound } from "../../core/errors.js";
import type { Page } from "../../core/http/paging.js";
import { ownedBy, requireAdmin } from "../../core/ownership.js";
import {
  type Chip,
  countHolds,
  type DryRun,
  findHeld,
  type HeldUnit,
  type HoldFilter,
  holdWords,
  listHeldIds,
  listHolds,
  type Publisher,
  readUnits,
  releaseHold,
} from "../../publish/index.js";
import { READ } from "./publications.js";

/** Lists held units, the latest first: members see those of their accounts, administrators all. */
export async function listHeld(ctx: Context, filter: Omit<HoldFilter, "own">): Promise<Page<HeldUnit>> {
  return listHolds(ctx.db, { ...filter, own: ownedBy(ctx, READ) });
}

/** Counts held units by host and reason; for administrators. */
export async function countHeld(ctx: Context): Promise<{ hostId: string; reason: string; count: number }[]> {
  requireAdmin(ctx);
  return countHolds(ctx.db);
}

/** Gives a held unit, and what would change if it went on. */
export async function planRelease(ctx: Context, publisher: Publisher, id: string): Promise<{ unit: HeldUnit; dry: DryRun }> {
  requireAdmin(ctx);
  const unit = await findHeld(ctx.db, id);
  if (unit === null) throw notFound("publications.hold_unknown");
  const rows = await readUnits(ctx.db, unit.hostId, { ids: [id] });
  const free = rows.map((row) => ({ ...row, hold: null, putBackTo: null }));
  return { unit, dry: await publisher.dryRun(unit.hostId, free) };
}

/** Lets a unit go on: the run that follows gives it its present state. */
export async function releaseHeld(ctx: Context, id: string): Promise<HeldUnit> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const [unit] = await releaseHold(tx, [{ id }]);
    if (unit === undefined) throw notFound("publications.hold_unknown");
    const { hostId, role, key, accountId, hold, holdData } = unit;
    const object = { type: "unit", id, name: `${role} ${key}` };
    tx.audit({ verb: "publications.hold.released", accountId, object, old: { host: hostId, reason: hold, ...holdWords(holdData) } });
    return unit;
  });
}

/** Lets all units of a host that are held for one reason go on; refused when they are not as many as were seen. Returns how many. */
export async function releaseAll(ctx: Context, publisher: Publisher, hostId: string, reason: string, seen?: number): Promise<number> {
  requireAdmin(ctx);
  const host = await publisher.hosts.find(ctx.db, hostId);
  if (host === null) throw notFound("publications.host_unknown");
  return ctx.transaction(async (tx) => {
    const held = await listHeldIds(tx.db, hostId, reason);
    if (held.length === 0) throw notFound("publications.hold_unknown");
    if (seen !== undefined && held.length !== seen) throw conflict("publications.holds_count_changed", { count: held.length });
    const { length } = await releaseHold(tx, held);
    tx.audit({
      verb: "publications.hold.all_released",
      accountId: null,
      object: { type: "host", id: hostId, name: host.name },
      old: { reason, count: length },
    });
    return length;
  });
}

interface Reader {
  t(key: string, data?: Record<string, unknown>): string;
}

/** The sentence of a held chip, in the reader's language. */
export function holdText(reader: Reader, { reason, data }: Pick<Extract<Chip, { state: "held" }>, "reason" | "data">): string {
  return reader.t(`publications.holds.${reason}`, data);
}
