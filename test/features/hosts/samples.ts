import type { Samples } from "../../support/samples.js";

/** The machine on which the stranger's account lives. */
export const samples: Samples = {
  host: async ({ ctx, account }) => (await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } })).webHostId,
  daemon: async () => "nginx",
};
