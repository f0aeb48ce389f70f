/** Changes that wait for a machine: told above every page while it is away, and to programs whenever something waits. */
import type { Context } from "../../core/context.js";
import type { Banner } from "../../core/feature.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { countWaiting, publisherOf, readAttempts } from "../../publish/index.js";
import { awayHosts } from "../hosts/index.js";
import { READ } from "./publications.js";

/** What waits for one machine. */
export interface Waiting {
  hostId: string;
  host: string;
  /** Changes of one's own accounts; of all, for administrators. */
  units: number;
  /** Since when the machine has not answered; null: it does, or nobody has asked yet. */
  awaySince: Date | null;
  /** When a whole attempt comes at the latest; null: at once. */
  nextAt: Date | null;
}

/** Lists the machines for which changes of this person wait. */
export async function listWaiting(ctx: Context, services: Services): Promise<Waiting[]> {
  const hosts = await publisherOf(services).hosts.list(ctx.db);
  const away = new Map((await awayHosts(ctx.db)).map(({ id, since }) => [id, since]));
  return waitingOn(
    ctx,
    hosts.map(({ id, name }) => ({ id, name, since: away.get(id) ?? null })),
  );
}

/** Above every page: the machines that are away and for which changes of this person wait. Where none is away this is one small query. */
export async function awayBanners(ctx: Context): Promise<Banner[]> {
  const away = await awayHosts(ctx.db);
  if (away.length === 0) return [];
  const admin = isAdmin(ctx.actor);
  const waiting = await waitingOn(ctx, away);
  return waiting.map((one) => ({
    view: "publications/away",
    data: { ...one, admin, kept: admin ? "kept_admin" : "kept", titled: admin ? "title" : "title_member" },
  }));
}

async function waitingOn(ctx: Context, hosts: readonly { id: string; name: string; since: Date | null }[]): Promise<Waiting[]> {
  const accounts = accountsWith(ctx.actor, READ);
  if (hosts.length === 0 || accounts?.length === 0) return [];
  const counts = await countWaiting(
    ctx,
    hosts.map(({ id }) => id),
    accounts,
  );
  const found = hosts.filter(({ id }) => counts.has(id));
  return Promise.all(
    found.map(async ({ id, name, since }) => ({
      hostId: id,
      host: name,
      units: counts.get(id) ?? 0,
      awaySince: since,
      nextAt: (await readAttempts(ctx, id)).nextAt,
    })),
  );
}

/** What programs are told. */
export function waitingBody({ host, units, awaySince, nextAt }: Waiting) {
  return { host, units, awaySince: awaySince?.toISOString() ?? null, nextAt: nextAt?.toISOString() ?? null };
}
