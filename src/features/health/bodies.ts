/** How the health of a domain is told to programs. */
import type { Static } from "typebox";
import type { Health } from "./checks.js";
import type { View } from "./compare.js";
import type { HealthState } from "./report.js";
import type { HealthOutput } from "./schemas.js";

/** Gives the answer's fields. */
export function healthBody({ zone, row, report, ignored }: Health): Static<typeof HealthOutput> {
  const known = row ? report : { ...report, items: [] };
  const ignoredKeys = new Set(ignored.map(({ item }) => item));
  return {
    domain: zone.name,
    state: (row?.state ?? "unknown") as HealthState,
    wrong: row?.wrong ?? 0,
    checkedAt: row?.checkedAt?.toISOString() ?? null,
    mode: zone.mode,
    delegated: known.delegated,
    nameServers: known.nameServers,
    items: known.items.map(({ key, kind, name, type, state, expected, source, world, oldUntil }) => ({
      ...{ key, kind, name, type, state, expected, oldUntil },
      ignored: ignoredKeys.has(key),
      source: valuesOf(source),
      world: world && valuesOf(world),
    })),
  };
}

/** null: nobody answered. */
function valuesOf(view: View): string[] | null {
  if (view.state === "unknown") return null;
  return view.state === "none" ? [] : view.values;
}
