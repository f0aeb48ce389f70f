/** The lease of a host: one panel at a time changes it, and a fence number that grows makes a stalled one harmless. */

import type { Context, TransactionContext } from "../core/context.js";
import { conflict } from "../core/errors.js";

/** After how long another panel may take over, and how long we wait for one that works. */
export interface LeaseLimits {
  leaseSeconds: number;
  waitSeconds: number;
}

export const LEASE_LIMITS: LeaseLimits = { leaseSeconds: 30, waitSeconds: 90 };
const WAIT_STEP_MS = 100;

/** A lease that is held; `lost` is aborted when another panel has taken it over. */
export interface Lease {
  hostId: string;
  fence: number;
  lost: AbortSignal;
  /** Throws when the lease is lost: called before each verb that changes the machine. */
  assertHeld(): void;
  /** The same inside a transaction that writes what the machine now serves: a stalled panel must not overwrite its successor's rows. */
  assertHeldIn(tx: TransactionContext): Promise<void>;
  /** Raises the fence above one that the machine has seen (a database restored from a copy counts too low). */
  raise(seen: number): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lease of a host; waits while another panel holds it, up to a bound. */
export async function takeLease(ctx: Context, hostId: string, owner: string, limits: LeaseLimits): Promise<Lease> {
  const until = performance.now() + limits.waitSeconds * 1000;
  for (;;) {
    const fence = await tryTake(ctx, hostId, owner, limits.leaseSeconds);
    if (fence !== null) return hold(ctx, hostId, owner, fence, limits.leaseSeconds);
    if (performance.now() > until) throw conflict("publications.host_busy", {});
    await new Promise((resume) => setTimeout(resume, WAIT_STEP_MS));
  }
}

/** The hosts on which a run is under way, on any panel. */
export async function busyHosts(ctx: Context): Promise<string[]> {
  const rows = await ctx.db.hostLease.findMany({ where: { owner: { not: "" }, until: { gt: ctx.clock.now() } }, select: { hostId: true } });
  return rows.map(({ hostId }) => hostId);
}

const later = (ctx: Context, seconds: number): Date => new Date(ctx.clock.now().getTime() + seconds * 1000);

function tryTake(ctx: Context, hostId: string, owner: string, seconds: number): Promise<number | null> {
  const until = later(ctx, seconds);
  return ctx.transaction(async (tx) => {
    const lease = await tx.db.hostLease.findUnique({ where: { hostId } });
    if (lease === null) {
      await tx.db.hostLease.create({ data: { hostId, owner, fence: 1, until } });
      return 1;
    }
    if (lease.owner !== "" && lease.until > ctx.clock.now()) return null;
    await tx.db.hostLease.update({ where: { hostId }, data: { owner, fence: lease.fence + 1, until } });
    return lease.fence + 1;
  });
}

function hold(ctx: Context, hostId: string, owner: string, firstFence: number, seconds: number): Lease {
  const lost = new AbortController();
  const mine = (): { hostId: string; owner: string; fence: number } => ({ hostId, owner, fence: lease.fence });
  // By its owner alone, who is new with each run: a fence that is just being raised here is ours too.
  const renew = async (): Promise<void> => {
    const { count } = await ctx.db.hostLease.updateMany({ where: { hostId, owner }, data: { until: later(ctx, seconds) } });
    if (count === 0) lost.abort();
  };
  // A database that is away for a moment loses nothing: the lease lives on, and apply refuses us should another have taken it.
  const timer = setInterval(() => renew().catch((error: unknown) => ctx.log.warn({ err: error, hostId }, "lease not renewed")), (seconds * 1000) / 3);
  timer.unref();

  const lease: Lease = {
    hostId,
    fence: firstFence,
    lost: lost.signal,
    assertHeld() {
      if (lost.signal.aborted) throw conflict("publications.lease_lost", {});
    },
    async assertHeldIn(tx) {
      if ((await tx.db.hostLease.count({ where: mine() })) === 0) throw conflict("publications.lease_lost", {});
    },
    async raise(seen) {
      if (seen < lease.fence) return;
      const { count } = await ctx.db.hostLease.updateMany({ where: mine(), data: { fence: seen + 1, until: later(ctx, seconds) } });
      if (count === 0) lost.abort();
      lease.assertHeld();
      lease.fence = seen + 1;
    },
    async release() {
      clearInterval(timer);
      // The row stays: its fence must go on growing.
      await ctx.db.hostLease.updateMany({ where: mine(), data: { owner: "", until: ctx.clock.now() } });
    },
  };
  return lease;
}
