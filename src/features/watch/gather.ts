/** Gathers the checks that features contribute. One that cannot tell is itself a failing check, and holds up no other. */
import type { Context } from "../../core/context.js";
import type { Check, Feature } from "../../core/feature.js";
import type { Services } from "../../core/services.js";

/** Checks read rows: who takes longer hangs. */
const PATIENCE_MS = 15_000;
const WORST: Check["state"][] = ["failing", "warning", "ok"];
const MAX_REASON = 200;

/** Asks every feature, side by side; the same state gives the same order: by subject, the panel's own first, then by name. */
export async function gatherChecks(ctx: Context, services: Services, patienceMs = PATIENCE_MS): Promise<Check[]> {
  const asked = services.features.map((feature) => askFeature(ctx, services, feature, patienceMs));
  const checks = (await Promise.all(asked)).flat();
  return checks.sort((a, b) => compare(a.subject, b.subject) || compare(a.name, b.name));
}

/** Gives the worst state of all. */
export function worstOf(checks: readonly Pick<Check, "state">[]): Check["state"] {
  return WORST.find((state) => checks.some((check) => check.state === state)) ?? "ok";
}

async function askFeature(ctx: Context, services: Services, feature: Feature, patienceMs: number): Promise<Check[]> {
  if (feature.checks === undefined) return [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([feature.checks(ctx, services), late]);
  } catch (error) {
    ctx.log.error({ err: error, feature: feature.name }, "checks not gathered");
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON);
    return [
      { name: `checks-${feature.name}`, subject: "", state: "failing", says: { key: "watch.checks.not_gathered", data: { feature: feature.name, reason } } },
    ];
  } finally {
    clearTimeout(timer);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
