import type { Samples } from "../../support/samples.js";

/** A file of the stranger's account that somebody changed by hand. */
export const samples: Samples = {
  async drift({ ctx, account }) {
    const { webHostId: hostId } = await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } });
    const unit = { hostId, role: "web", key: account.login, accountId: account.id };
    const now = ctx.clock.now();
    const path = `00/apache/accounts/${account.login}.conf`;
    const row = await ctx.db.drift.create({ data: { ...unit, path, kind: "changed", hash: "0".repeat(64), carried: true, seenAt: now, lastSeenAt: now } });
    return row.id;
  },
};
