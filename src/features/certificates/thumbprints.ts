/** The thumbprint of our account, on every machine that answers HTTP-01: with it the machine answers by itself whatever an authority asks. */
import type { Context } from "../../core/context.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { hostsServing } from "../hosts/index.js";
import { currentAccount } from "./authorities.js";
import { certificateDaemon } from "./delivery.js";

const WEB = "web";

/** Places it where it is not yet. Gives the hosts (by id) that could not be given it: a challenge would fail there. */
export async function placeThumbprints(ctx: Context, services: Services): Promise<Set<string>> {
  const account = await currentAccount(ctx.db);
  if (!account) return new Set();
  const { thumbprint } = account;
  const known = new Map((await ctx.db.acmeThumbprint.findMany()).map((row) => [row.hostId, row.thumbprint]));
  // A host may have several daemons of a role.
  const hosts = new Set((await hostsServing(ctx.db, WEB)).map(({ id }) => id));
  const unready = await Promise.all(
    [...hosts].map(async (id) => {
      if (known.get(id) === thumbprint) return null;
      return (await placeOn(ctx, services, id, thumbprint)) ? null : id;
    }),
  );
  return new Set(unready.flatMap((id) => id ?? []));
}

async function placeOn(ctx: Context, services: Services, hostId: string, thumbprint: string): Promise<boolean> {
  const host = await publisherOf(services).hosts.find(ctx.db, hostId);
  const daemon = host && certificateDaemon(services, host, WEB);
  // What takes no certificates is not asked for a challenge either.
  if (!host || !daemon) return true;
  if ((await host.machine.probe()) !== null) return false;
  const outcome = await host.machine.certificates({ daemon, files: [], thumbprint });
  if (!outcome.ok) {
    ctx.log.warn({ host: host.name, failure: outcome.failure }, "a machine did not take the thumbprint of our account");
    return false;
  }
  const row = { thumbprint, placedAt: ctx.clock.now() };
  await ctx.db.acmeThumbprint.upsert({ where: { hostId }, create: { hostId, ...row }, update: row });
  return true;
}
