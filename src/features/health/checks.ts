/** Checks of domains: asked now by a person, or by the job when it is time; what was seen is kept. */
import { createHash } from "node:crypto";
import type { Context } from "../../core/context.js";
import { notFound, tooMany } from "../../core/errors.js";
import { Gate } from "../../core/gate.js";
import type { Page } from "../../core/http/paging.js";
import { ownedBy } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import type { DomainHealth, HealthIgnored, Prisma, Zone } from "../../generated/sqlite/client.js";
import { getZone } from "../dns/index.js";
import { changeableDomain } from "../domains/index.js";
import { askAll } from "./ask.js";
import { expectedOf } from "./expected.js";
import { type HealthState, type Report, readReport, summarise } from "./report.js";

const BATCH = 100;
const AT_ONCE = 4;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** A domain that was added lately is waited for by somebody. */
const YOUNG_DAYS = 3;
const AGAIN_MINUTES: Record<HealthState, number> = { ok: DAY_MINUTES, spreading: 15, waiting: 60, unknown: 15, wrong: 60 };
const YOUNG_MINUTES = 10;

/** Checks that people asked for. */
const gate = new Gate(4, 50);
const underWay = new Map<string, Promise<unknown>>();
/** When the last one of a domain ended (performance.now), for as long as somebody may have been waiting for it. */
const ended = new Map<string, number>();
const REMEMBERED_MS = 60_000;

export interface Health {
  zone: Zone;
  /** null: it was never checked. */
  row: DomainHealth | null;
  report: Report;
  ignored: HealthIgnored[];
}

/** Gives what is known of a domain's health. */
export async function getHealth(ctx: Context, key: string): Promise<Health> {
  const zone = await getZone(ctx, key, "domains.read");
  const [row, ignored] = await Promise.all([
    ctx.db.domainHealth.findUnique({ where: { domainId: zone.domainId } }),
    ctx.db.healthIgnored.findMany({ where: { domainId: zone.domainId }, orderBy: { item: "asc" } }),
  ]);
  // What was seen when the DNS was kept elsewhere says nothing of now.
  const report = readReport(row?.report);
  return { zone, row: row?.checkedAt && report.mode === zone.mode ? row : null, report, ignored };
}

/** Asks the world about a domain and keeps what it says. */
export async function checkHealth(ctx: Context, services: Services, key: string, fresh = true): Promise<Health> {
  const zone = await getZone(ctx, key, "domains.read");
  const report = await askAll(services.resolver, await expectedOf(services, zone), ctx.clock.now(), fresh);
  await saveReport(ctx, zone, report);
  return getHealth(ctx, zone.domainId);
}

/** The same for a person who presses a button: one check of a domain at a time, few in all, for each is a hundred questions. */
export async function checkNow(ctx: Context, services: Services, key: string): Promise<Health> {
  const asked = performance.now();
  const { domainId } = (await getHealth(ctx, key)).zone;
  // One that ended since is what this one waited for, too.
  if ((ended.get(domainId) ?? 0) > asked) return getHealth(ctx, domainId);
  const running = underWay.get(domainId);
  if (running) {
    await running.catch(() => null);
    return getHealth(ctx, domainId);
  }
  const check = gate.pass(() => checkHealth(ctx, services, domainId));
  underWay.set(domainId, check);
  try {
    const health = await check;
    if (health === null) throw tooMany("shell.too_many");
    ended.set(domainId, performance.now());
    setTimeout(() => ended.delete(domainId), REMEMBERED_MS).unref();
    return health;
  } finally {
    underWay.delete(domainId);
  }
}

/** Checks the domains whose time has come, those first that waited longest. Gives their number. */
export async function checkDue(ctx: Context, services: Services): Promise<number> {
  const now = ctx.clock.now();
  const due = await ctx.db.domainHealth.findMany({
    where: { nextAt: { lte: now }, domain: { state: "live", account: { state: { not: "removed" } } } },
    orderBy: { nextAt: "asc" },
    select: { domainId: true },
    take: BATCH,
  });
  const waiting = due.map(({ domainId }) => domainId);
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      // One domain that cannot be checked must not keep the others from it.
      await checkHealth(ctx, services, id, false).catch((error: unknown) => ctx.log.warn({ err: error, domainId: id }, "a domain was not checked"));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return due.length;
}

/** Lets an item be as it is, or heeds it again. */
export async function ignoreItem(ctx: Context, key: string, item: string, ignore: boolean): Promise<void> {
  await ctx.transaction(async (tx) => {
    const domain = await changeableDomain(tx, key);
    const row = await tx.db.domainHealth.findUnique({ where: { domainId: domain.id } });
    const report = readReport(row?.report);
    if (!report.items.some((one) => one.key === item)) throw notFound("health.item_unknown");
    const id = { domainId: domain.id, item };
    if (ignore) {
      const byName = tx.actor.kind === "user" ? tx.actor.login : "";
      await tx.db.healthIgnored.upsert({
        where: { domainId_item: id },
        create: { ...id, accountId: domain.accountId, byName, createdAt: tx.clock.now() },
        update: {},
      });
    } else await tx.db.healthIgnored.deleteMany({ where: id });
    const summary = summarise(report, await ignoredOf(tx, domain.id));
    await tx.db.domainHealth.update({ where: { domainId: domain.id }, data: summary });
    const object = { type: "domain", id: domain.id, name: domain.name };
    tx.audit({ verb: `health.item.${ignore ? "ignored" : "heeded"}`, accountId: domain.accountId, object, new: { item } });
  });
}

/** Domains with the state of their health, those first that need somebody. */
export async function listHealth(
  ctx: Context,
  query: { accountId?: string; state?: HealthState; skip?: number; take?: number } = {},
): Promise<Page<DomainHealth & { domain: { name: string } }>> {
  const where: Prisma.DomainHealthWhereInput = {
    AND: [
      ownedBy(ctx, "domains.read"),
      { domain: { state: "live" } },
      query.accountId ? { accountId: query.accountId } : {},
      query.state ? { state: query.state } : {},
    ],
  };
  const rows = await ctx.db.domainHealth.findMany({
    where,
    include: { domain: { select: { name: true } } },
    orderBy: [{ wrong: "desc" }, { domain: { name: "asc" } }],
    skip: query.skip ?? 0,
    take: query.take ?? 20,
  });
  return { rows, total: await ctx.db.domainHealth.count({ where }) };
}

async function saveReport(ctx: Context, zone: Zone, report: Report): Promise<void> {
  await ctx.transaction(async (tx) => {
    // While the world was asked, the domain may have gone, or passed to another account.
    const now = await getZone(tx, zone.domainId, "domains.read");
    const { state, wrong } = summarise(report, await ignoredOf(tx, now.domainId));
    const checkedAt = tx.clock.now();
    const data = { state, wrong, report: report as unknown as Prisma.InputJsonObject, checkedAt, nextAt: nextTime(now, state, checkedAt) };
    const where = { domainId: now.domainId };
    await tx.db.domainHealth.upsert({ where, create: { ...where, accountId: now.accountId, ...data }, update: data });
  });
}

async function ignoredOf(ctx: Pick<Context, "db">, domainId: string): Promise<Set<string>> {
  const rows = await ctx.db.healthIgnored.findMany({ where: { domainId }, select: { item: true } });
  return new Set(rows.map(({ item }) => item));
}

/** Sound domains are asked once a day, each at its own minute, so that they do not all come together. */
function nextTime(zone: Zone, state: HealthState, now: Date): Date {
  const young = now.getTime() - zone.createdAt.getTime() < YOUNG_DAYS * DAY_MINUTES * MINUTE_MS;
  const minutes = young && state !== "ok" ? YOUNG_MINUTES : AGAIN_MINUTES[state];
  const spread = (createHash("sha256").update(zone.domainId).digest().readUInt32BE(0) / 2 ** 32) * minutes * 0.25;
  return new Date(now.getTime() + (minutes + spread) * MINUTE_MS);
}
