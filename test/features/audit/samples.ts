import type { Samples } from "../../support/samples.js";

/** An entry of the stranger's account. */
export const samples: Samples = {
  async entry({ ctx, account }) {
    await ctx.transaction(async (tx) => tx.audit({ verb: "sites.site.removed", accountId: account.id, object: { type: "site", id: "none", name: "none" } }));
    const { position } = await ctx.db.auditEntry.findFirstOrThrow({ where: { accountId: account.id }, orderBy: { position: "desc" } });
    return String(position);
  },
};
