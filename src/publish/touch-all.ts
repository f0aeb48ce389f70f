/** Touches every unit that should exist on a host: a machine that is new, was installed again, or is to be rendered wholly. */
import type { Context } from "../core/context.js";
import type { HostRecord } from "./contract.js";
import type { Engine } from "./engine.js";
import { touch } from "./touch.js";

const PAGE = 500;
/** Units that serve, read at once. */
const SERVED = 2_000;

/** Touches all units of the roles that this host's daemons fill, page by page, and those it knows already. Returns how many. */
export async function touchAll(engine: Pick<Engine, "roles">, ctx: Context, host: HostRecord): Promise<number> {
  let count = 0;
  for (const name of new Set(host.daemons.map((daemon) => daemon.role))) {
    const role = engine.roles.get(name);
    if (role === undefined) continue;
    const seen = new Set<string>();
    for (let after = ""; ; ) {
      const keys = await role.keys(ctx.db, host, after, PAGE);
      const known = await ctx.db.publishUnit.findMany({ where: { hostId: host.id, role: name, key: { in: keys } }, select: { key: true, accountId: true } });
      const accounts = new Map(known.map(({ key, accountId }) => [key, accountId]));
      // The account of a unit seen for the first time is told by its role when it is collected.
      await ctx.transaction((tx) =>
        touch(
          tx,
          keys.map((key) => ({ hostId: host.id, role: name, key, accountId: accounts.get(key) ?? null })),
        ),
      );
      for (const key of keys) seen.add(key);
      const last = keys.at(-1);
      if (keys.length < PAGE || last === undefined) break;
      after = last;
    }
    const orphans: { key: string; accountId: string | null }[] = [];
    for (let after = ""; ; ) {
      const served = await ctx.db.publishUnit.findMany({
        where: { hostId: host.id, role: name, serving: { not: "nothing" }, id: { gt: after } },
        orderBy: { id: "asc" },
        take: SERVED,
        select: { id: true, key: true, accountId: true },
      });
      orphans.push(...served.filter(({ key }) => !seen.has(key)));
      const last = served.at(-1);
      if (served.length < SERVED || last === undefined) break;
      after = last.id;
    }
    await ctx.transaction((tx) =>
      touch(
        tx,
        orphans.map(({ key, accountId }) => ({ hostId: host.id, role: name, key, accountId })),
      ),
    );
    count += seen.size + orphans.length;
  }
  return count;
}
