/** Which prober asks which question. */
import type { Probe } from "./contract.js";
import type { Run } from "./engine.js";
import type { Ask } from "./verify.js";

/** Tells whether these questions can be put to the run's host. A kind that no feature asks any more proves nothing and doubts nothing. */
export function askable({ engine, host }: Pick<Run, "engine" | "host">, probes: readonly Probe[]): boolean {
  return probes.length > 0 && probes.every(({ kind }) => engine.probers.get(kind)?.reaches(host) ?? false);
}

/** Asks the run's host. */
export function askerOf({ engine, host }: Pick<Run, "engine" | "host">): Ask {
  return async (probe, hash, timeoutMs) => (await engine.probers.get(probe.kind)?.ask(host, probe, hash, timeoutMs)) ?? { error: "no prober" };
}
