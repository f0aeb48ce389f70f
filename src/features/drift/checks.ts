/** What was changed by hand is told to whoever watches, until somebody has decided about it. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { countByHost } from "./drifts.js";

/** One check for each machine. */
export async function driftChecks(ctx: Context, services: Services): Promise<Check[]> {
  const [hosts, counts] = await Promise.all([publisherOf(services).hosts.list(ctx.db), countByHost(ctx)]);
  return hosts.map(({ id, name }): Check => {
    const open = counts.find(({ hostId, state }) => hostId === id && state === "open");
    const check = { name: "drift", subject: name, href: `/drift?host=${encodeURIComponent(id)}` };
    if (open === undefined) return { ...check, state: "ok", says: { key: "drift.checks.none", data: { host: name } } };
    const data = { host: name, count: open.count, since: open.since?.toISOString() ?? "" };
    return { ...check, state: "warning", says: { key: "drift.checks.open", data }, todo: { key: "drift.checks.todo", data: {} } };
  });
}
