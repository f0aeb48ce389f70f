/** What is watched of publications: that nothing waits for long, that the last one of each machine went through, and what serves there. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import { type HostStanding, listWaitingHosts, publisherOf, readStandings, type WaitingHost } from "../../publish/index.js";

const LONG_MINUTES = 10;
const TOO_LONG_MINUTES = 60;
const MINUTE_MS = 60_000;
const BAD = new Set(["failed", "refused", "rolledBack"]);

/** Checks of every machine. */
export async function watchPublications(ctx: Context, services: Services): Promise<Check[]> {
  const hosts = await publisherOf(services).hosts.list(ctx.db);
  const waiting = new Map((await listWaitingHosts(ctx)).map((one) => [one.hostId, one]));
  const standings = await readStandings(
    ctx.db,
    hosts.map(({ id }) => id),
  );
  return hosts.flatMap(({ id, name }, index) => {
    const standing = standings[index] as HostStanding;
    return [queue(ctx, name, id, waiting.get(id)), release(name, id, standing), ...run(name, standing), ...doubted(name, id, standing)];
  });
}

function queue({ clock }: Context, host: string, id: string, waiting: WaitingHost | undefined): Check {
  const base = { name: "queue", subject: host, href: `/publications?host=${id}` };
  const since = waiting?.since ?? null;
  if (waiting === undefined || since === null) return { ...base, state: "ok", says: { key: "publications.checks.queue_ok", data: { host } } };
  const minutes = (clock.now().getTime() - since.getTime()) / MINUTE_MS;
  const state = minutes >= TOO_LONG_MINUTES ? "failing" : minutes >= LONG_MINUTES ? "warning" : "ok";
  const data = { host, count: waiting.units, since: since.toISOString(), next: (waiting.nextAt ?? clock.now()).toISOString() };
  return {
    ...base,
    state,
    says: { key: "publications.checks.queue_waiting", data },
    ...(state === "ok" ? {} : { todo: { key: "publications.checks.queue_todo", data } }),
  };
}

function release(host: string, id: string, { release: live }: HostStanding): Check {
  const base = { name: "release", subject: host, state: "ok" as const, href: `/publications/releases?host=${id}` };
  if (live === null) return { ...base, says: { key: "publications.checks.release_none", data: { host } } };
  return { ...base, says: { key: "publications.checks.release_ok", data: { host, number: live.number, at: live.at.toISOString() } } };
}

/** A machine that nobody answers for is told by its own check. */
function run(host: string, { last }: HostStanding): Check[] {
  if (last === null || last.door === "closed") return [];
  const base = { name: "publication", subject: host, href: `/publications/${last.id}` };
  const data = { host, number: last.number, at: last.at.toISOString() };
  if (!BAD.has(last.state)) return [{ ...base, state: "ok", says: { key: "publications.checks.run_ok", data } }];
  return [{ ...base, state: "failing", says: { key: "publications.checks.run_failing", data }, todo: { key: "publications.checks.run_todo", data } }];
}

function doubted(host: string, id: string, standing: HostStanding): Check[] {
  const base = { name: "units", subject: host, href: `/publications?host=${id}` };
  if (standing.doubted === 0) return [{ ...base, state: "ok", says: { key: "publications.checks.units_ok", data: { host } } }];
  const data = { host, count: standing.doubted };
  return [
    {
      ...base,
      state: "warning",
      says: { key: "publications.checks.units", data },
      todo: { key: "publications.checks.units_todo", data },
    },
  ];
}
