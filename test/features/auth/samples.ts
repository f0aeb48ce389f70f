import { randomUUID } from "node:crypto";
import type { Samples } from "../../support/samples.js";

const soon = () => new Date(Date.now() + 3_600_000);

/** The owner of the stranger's account, a session and a key of that person. */
export const samples: Samples = {
  user: async ({ owner }) => owner.id,
  async session({ ctx, owner }) {
    const row = await ctx.db.session.create({ data: { id: randomUUID(), userId: owner.id, address: "192.0.2.9", browser: "", expiresAt: soon() } });
    return row.id;
  },
  async token({ ctx, owner }) {
    const row = await ctx.db.apiToken.create({ data: { userId: owner.id, name: "other", hash: randomUUID(), hint: "mutu_" } });
    return row.id;
  },
};
