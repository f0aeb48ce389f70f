import type { Samples } from "../../support/samples.js";

/** The stranger's account and its plan. */
export const samples: Samples = {
  account: async ({ account }) => account.id,
  plan: async ({ ctx, account }) => (await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } })).planId,
};
