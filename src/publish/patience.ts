/** Waits for a machine that is busy with a verb of before (a killed panel's apply goes on to its end), up to a bound. */
import type { Outcome } from "../core/machine/index.js";
import type { Run } from "./engine.js";

const BUSY_WAIT_MS = 20_000;
const BUSY_STEP_MS = 100;

/** Calls a verb under the lease, again while the machine answers that it is busy. */
export async function retryBusy<Value>(run: Pick<Run, "lease">, call: () => Promise<Outcome<Value>>): Promise<Outcome<Value>> {
  const until = performance.now() + BUSY_WAIT_MS;
  for (;;) {
    run.lease.assertHeld();
    const outcome = await call();
    if (outcome.ok || outcome.failure.kind !== "busy" || performance.now() > until) return outcome;
    await new Promise((resume) => setTimeout(resume, BUSY_STEP_MS));
  }
}
