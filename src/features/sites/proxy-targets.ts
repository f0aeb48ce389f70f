/** Origins to which members may point a proxy site: the list is the administrators'. */
import type { Context } from "../../core/context.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { ProxyTarget } from "../../generated/sqlite/client.js";
import { parseOrigin } from "./targets.js";

/** The allowed origins, in order. */
export async function listProxyTargets(ctx: Context): Promise<ProxyTarget[]> {
  requireAdmin(ctx);
  return ctx.db.proxyTarget.findMany({ orderBy: { origin: "asc" } });
}

/** Allows an origin. */
export async function addProxyTarget(ctx: Context, typed: string): Promise<ProxyTarget> {
  requireAdmin(ctx);
  const origin = parseOrigin(typed);
  if (!origin) throw invalid("sites.proxy_target_invalid", {}, "origin");
  return ctx.transaction(async (tx) => {
    if (await tx.db.proxyTarget.findUnique({ where: { origin } })) throw conflict("sites.proxy_target_known", { origin }, "origin");
    const row = await tx.db.proxyTarget.create({ data: { origin } });
    tx.audit({ verb: "sites.proxy_target.added", accountId: null, object: { type: "proxyTarget", id: row.id, name: origin } });
    return row;
  });
}

/** Takes an origin off the list; not while a site leads there. */
export async function removeProxyTarget(ctx: Context, id: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const row = await tx.db.proxyTarget.findUnique({ where: { id } });
    if (!row) throw notFound("sites.proxy_target_unknown");
    const count = await tx.db.site.count({ where: { proxyTarget: row.origin, kind: "proxy" } });
    if (count > 0) throw conflict("sites.proxy_target_used", { origin: row.origin, count });
    await tx.db.proxyTarget.delete({ where: { id } });
    tx.audit({ verb: "sites.proxy_target.removed", accountId: null, object: { type: "proxyTarget", id, name: row.origin } });
  });
}
