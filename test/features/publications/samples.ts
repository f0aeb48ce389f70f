import type { Samples } from "../../support/samples.js";

/** A publication that holds a part of the stranger's account. */
export const samples: Samples = {
  async publication({ ctx, account }) {
    const { webHostId: hostId } = await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } });
    const number = (await ctx.db.publication.count({ where: { hostId } })) + 1000;
    const part = { role: "web", key: account.login, accountId: account.id, change: "added", says: [], serving: "present", result: "verified" };
    const now = ctx.clock.now();
    const row = await ctx.db.publication.create({
      data: { hostId, number, state: "done", author: "", startedAt: now, endedAt: now, parts: { create: [part] } },
    });
    return row.id;
  },
  /** A unit of the stranger's account that is held. */
  async unit({ ctx, account }) {
    const { webHostId: hostId } = await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } });
    const row = await ctx.db.publishUnit.create({
      data: { hostId, role: "web", key: `${account.login}-held`, accountId: account.id, hold: "drift", heldAt: ctx.clock.now() },
    });
    return row.id;
  },
  /** A release of the stranger's machine. */
  async release({ ctx, account }) {
    const { webHostId: hostId } = await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } });
    const root = "a".repeat(64);
    const row = await ctx.db.release.create({
      data: { hostId, number: 1000, root, parentRoot: null, publicationId: "none", state: "past", units: [], createdAt: ctx.clock.now() },
    });
    return row.id;
  },
};
