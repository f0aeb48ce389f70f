/** The names by which the panel, its machines and its name servers are reached: features tell them. */
import type { HostingFeature } from "./contract.js";
import type { Engine } from "./engine.js";

const OWN_NAMES_SECONDS = 60;

const known = new WeakMap<Engine, { at: number; names: Promise<ReadonlySet<string>> }>();

/** Gives them, asked for once a minute at most. */
export function ownNames(engine: Engine): Promise<ReadonlySet<string>> {
  const now = engine.services.clock.now().getTime();
  const last = known.get(engine);
  if (last !== undefined && now - last.at < OWN_NAMES_SECONDS * 1000) return last.names;
  const names = readOwnNames(engine);
  known.set(engine, { at: now, names });
  return names;
}

async function readOwnNames({ services }: Engine): Promise<ReadonlySet<string>> {
  const ctx = services.context({ kind: "system", name: "publish" });
  const names = await ctx.transaction(async (tx) => {
    const lists: string[] = [];
    for (const feature of services.features as readonly HostingFeature[]) lists.push(...((await feature.ownNames?.(tx)) ?? []));
    return lists;
  });
  return new Set(names);
}
