/** What waits for a person's decision, and whether everything was compared last night: for those who are told how things are. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import { listJobRuns } from "../../core/jobs/index.js";
import type { Services } from "../../core/services.js";
import { countGuarded, firstPublishedAt, openChange, publisherOf } from "../../publish/index.js";
import { NIGHTLY } from "./jobs.js";

/** One night may fail; a second one is told. */
const LATE_HOURS = 30;
const HOUR_MS = 3_600_000;

/** Checks of guards, of a new renderer, and of the nightly comparison. */
export async function watchDecisions(ctx: Context, services: Services): Promise<Check[]> {
  return [...(await guarded(ctx, services)), await renderer(ctx), await nightly(ctx)];
}

async function guarded(ctx: Context, services: Services): Promise<Check[]> {
  const counts = await countGuarded(ctx.db);
  const hosts = await publisherOf(services).hosts.list(ctx.db);
  return hosts.flatMap(({ id, name }): Check[] => {
    const data = { host: name, count: counts.get(id) ?? 0 };
    if (data.count === 0) return [];
    const base = { name: "guard", subject: name, href: `/publications/holds?host=${id}` };
    return [{ ...base, state: "warning", says: { key: "publications.checks.guard", data }, todo: { key: "publications.checks.guard_todo", data } }];
  });
}

async function renderer(ctx: Context): Promise<Check> {
  const change = await openChange(ctx);
  const base = { name: "renderer", subject: "", href: "/publications/renderer" };
  if (change?.state !== "waiting") return { ...base, state: "ok", says: { key: "publications.checks.renderer_ok", data: {} } };
  const data = { count: change.different };
  return { ...base, state: "warning", says: { key: "publications.checks.renderer", data }, todo: { key: "publications.checks.renderer_todo", data } };
}

async function nightly(ctx: Context): Promise<Check> {
  const runs = await listJobRuns(ctx.db, { name: NIGHTLY, limit: 10 });
  const done = runs.find(({ state }) => state === "done")?.startedAt ?? null;
  const base = { name: "nightly", subject: "", href: "/jobs" };
  // A panel that has just been installed has had no night yet.
  const since = done ?? (await firstPublishedAt(ctx.db));
  const late = since !== null && ctx.clock.now().getTime() - since.getTime() > LATE_HOURS * HOUR_MS;
  const at = since?.toISOString() ?? "";
  if (late)
    return {
      ...base,
      state: "failing",
      says: { key: "publications.checks.nightly_late", data: { at } },
      todo: { key: "publications.checks.nightly_todo", data: {} },
    };
  if (done === null) return { ...base, state: "ok", says: { key: "publications.checks.nightly_none", data: {} } };
  return { ...base, state: "ok", says: { key: "publications.checks.nightly_ok", data: { at } } };
}
