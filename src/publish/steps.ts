/** The steps of a publication: told before each begins, and written down with how long it took. */
import type { Run } from "./engine.js";

/** The steps, as they are told and recorded; those from `desired` to `record` may come several times. */
export const STEPS = [
  "lock",
  "recover",
  "drift",
  "desired",
  "render",
  "guard",
  "plan",
  "list",
  "publish",
  "blame",
  "verify",
  "settle",
  "adopt",
  "rollback",
  "withdraw",
  "record",
] as const;
export type Step = (typeof STEPS)[number];

/** Does one step of a run. */
export async function step<T>(run: Run, name: Step, act: () => Promise<T>): Promise<T> {
  run.engine.onStep?.(name, run.host.id);
  const started = performance.now();
  const entry = { step: name, at: run.ctx.clock.now().toISOString(), ms: 0 };
  run.steps.push(entry);
  try {
    return await act();
  } finally {
    entry.ms = Math.round(performance.now() - started);
  }
}
