/** Hosts: register, ask, list, remove. */
import type { Context } from "../../core/context.js";
import type { Env } from "../../core/env.js";
import { conflict, notFound } from "../../core/errors.js";
import { type Machine, openMachine } from "../../core/machine/index.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Host, Prisma } from "../../generated/sqlite/client.js";
import { doorOf } from "./directory.js";
import type {} from "./events.js";
import type { HostInput } from "./schemas.js";
import { type HostState, readState, stateOf } from "./state.js";

const SHOWN = {
  daemons: { orderBy: { daemon: "asc" } },
  _count: { select: { webAccounts: { where: { purgedAt: null } }, filesAccounts: { where: { purgedAt: null } } } },
} as const;
export type ShownHost = Prisma.HostGetPayload<{ include: typeof SHOWN }>;

/** The job asks a machine that answers every five minutes, and one that is away every minute. */
const FRESH_SECONDS = 285;

/** Hosts by name. */
export async function listHosts(ctx: Context, query: { q?: string; skip?: number; take?: number } = {}): Promise<{ rows: ShownHost[]; total: number }> {
  requireAdmin(ctx);
  const text = query.q?.trim().toLowerCase();
  const where = text ? { OR: [{ name: { contains: text } }, { address: { contains: text } }] } : {};
  const rows = await ctx.db.host.findMany({ where, include: SHOWN, orderBy: { name: "asc" }, skip: query.skip ?? 0, take: query.take ?? 20 });
  return { rows, total: await ctx.db.host.count({ where }) };
}

/** Gives one host, by its id or its name. */
export async function getHost(ctx: Context, key: string): Promise<ShownHost> {
  requireAdmin(ctx);
  const host = await ctx.db.host.findFirst({ where: { OR: [{ id: key }, { name: key }] }, include: SHOWN });
  if (!host) throw notFound("hosts.host_unknown");
  return host;
}

/** Registers a host, or changes the one of that name; its units are published there from now on. */
export async function saveHost(ctx: Context, input: HostInput): Promise<Host> {
  requireAdmin(ctx);
  const { daemons, ...columns } = input;
  return ctx.transaction(async (tx) => {
    const old = await tx.db.host.findUnique({ where: { name: input.name }, include: { daemons: true } });
    const host = old ? await tx.db.host.update({ where: { id: old.id }, data: columns }) : await tx.db.host.create({ data: columns });
    await tx.db.hostDaemon.deleteMany({ where: { hostId: host.id, daemon: { notIn: daemons.map(({ daemon }) => daemon) } } });
    for (const { daemon, role } of daemons) {
      const key = { hostId: host.id, daemon };
      await tx.db.hostDaemon.upsert({ where: { hostId_daemon: key }, create: { ...key, role }, update: { role } });
    }
    const shown = { address: input.address, door: input.door, homes: input.homes, daemons: daemons.map(({ daemon }) => daemon).join(" ") };
    const object = { type: "host", id: host.id, name: host.name };
    tx.audit({ verb: old ? "hosts.host.edited" : "hosts.host.added", accountId: null, object, ...(old ? { old: { address: old.address } } : {}), new: shown });
    if (old && old.address !== host.address) await tx.emit("hosts.moved", { hostId: host.id });
    await tx.emit("hosts.saved", { hostId: host.id, roles: [...new Set(daemons.map(({ role }) => role))] });
    return host;
  });
}

/** Removes a host that carries no account; the machine itself is left as it is. */
export async function removeHost(ctx: Context, key: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const host = await getHost(tx, key);
    const { _count: carried } = await tx.db.host.findUniqueOrThrow({
      where: { id: host.id },
      select: { _count: { select: { webAccounts: true, alsoAccounts: true, filesAccounts: true } } },
    });
    const accounts = Math.max(carried.webAccounts, carried.alsoAccounts, carried.filesAccounts);
    if (accounts > 0) throw conflict("hosts.host_used", { name: host.name, count: accounts });
    await tx.emit("hosts.removing", { hostId: host.id, name: host.name });
    await tx.db.host.delete({ where: { id: host.id } });
    tx.audit({ verb: "hosts.host.removed", accountId: null, object: { type: "host", id: host.id, name: host.name }, old: { address: host.address } });
  });
}

/** Asks a host how it is, and keeps the answer. A host that is away keeps what it said last. */
export async function probeHost(ctx: Context, env: Env, key: string, seconds?: number): Promise<{ host: ShownHost; error: string | null }> {
  const found = await getHost(ctx, key);
  const error = await askHost(ctx, env, found, seconds);
  return { host: await getHost(ctx, found.id), error };
}

/** The same without its accounts, which are only counted to be shown. Gives what went wrong. */
async function askHost(ctx: Context, env: Env, found: Host, seconds?: number): Promise<string | null> {
  const machine: Machine = openMachine(doorOf(env, found));
  const away = await machine.probe();
  const outcome = away === null ? await machine.status(seconds) : null;
  const fault = away ?? (outcome?.ok === false ? describe(outcome.failure) : null);
  const state: HostState | null = outcome?.ok ? stateOf(outcome.value) : readState(found.state) && { ...(readState(found.state) as HostState), error: fault };
  await ctx.transaction(async (tx) => {
    await tx.db.host.update({
      where: { id: found.id },
      data: {
        reachable: fault === null,
        awaySince: fault === null ? null : (found.awaySince ?? tx.clock.now()),
        stateAt: tx.clock.now(),
        ...(state ? { state: state as unknown as Prisma.InputJsonValue } : {}),
      },
    });
    if (outcome?.ok) await tx.emit("hosts.told", { hostId: found.id, name: found.name, daemons: outcome.value.daemons });
  });
  return fault;
}

const asking = new Map<string, Promise<unknown>>();

/**
 * Asks a host again when what it said is older than so many seconds, once for everybody who wants to know, and waits for it only so long.
 * A host that never answered, or is away, is left to the job. `system` acts: whoever opened a page may not ask machines.
 */
export async function refreshHost(
  system: Context,
  env: Env,
  hostId: string,
  { olderThanSeconds, patienceMs }: { olderThanSeconds: number; patienceMs: number },
): Promise<void> {
  const host = await system.db.host.findUnique({ where: { id: hostId }, select: { stateAt: true, reachable: true } });
  if (!host?.reachable || host.stateAt === null) return;
  if (system.clock.now().getTime() - host.stateAt.getTime() < olderThanSeconds * 1000) return;
  const started =
    asking.get(hostId) ??
    probeHost(system, env, hostId)
      .catch((error: unknown) => system.log.warn({ err: error }, "host not asked"))
      .finally(() => asking.delete(hostId));
  asking.set(hostId, started);
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([started, new Promise((resolve) => (timer = setTimeout(resolve, patienceMs)))]);
  clearTimeout(timer);
}

function describe(failure: { kind: string; reason?: string }): string {
  return failure.reason ? `${failure.kind}: ${failure.reason}` : failure.kind;
}

interface ProbeOptions {
  /** Leaves out those that answered a short while ago. */
  dueOnly?: boolean;
  /** How long each may take to tell how it is. */
  seconds?: number;
}

/** Asks hosts side by side: one that is away delays no other. */
export async function probeAll(ctx: Context, env: Env, { dueOnly = false, seconds }: ProbeOptions = {}): Promise<{ asked: number; away: number }> {
  requireAdmin(ctx);
  const before = new Date(ctx.clock.now().getTime() - FRESH_SECONDS * 1000);
  const due = { OR: [{ reachable: null }, { reachable: false }, { stateAt: null }, { stateAt: { lt: before } }] };
  const hosts = await ctx.db.host.findMany({ where: dueOnly ? due : {} });
  const faults = await Promise.all(hosts.map((host) => askHost(ctx, env, host, seconds)));
  return { asked: faults.length, away: faults.filter((fault) => fault !== null).length };
}
