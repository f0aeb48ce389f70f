/** Turns what a machine refused into what people are told, and tells failures of units from failures of the whole. */

import { isRefusal } from "../core/errors.js";
import type { Failure, StepFailure } from "../core/machine/index.js";
import type { RunError } from "./engine.js";
import type { UnitId } from "./manifest.js";
import { stringsOf } from "./render.js";
import type { UnitFault } from "./trace.js";

/** Ends a run: the machine, the link or we ourselves are at fault, and no unit is blamed. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
  readonly error: RunError;
  /** `refused`: we would not go on; `failed`: we could not. */
  readonly state: "refused" | "failed";

  constructor(error: RunError, state: "refused" | "failed" = "failed", cause?: unknown) {
    super(error.code, cause === undefined ? undefined : { cause });
    this.error = error;
    this.state = state;
  }
}

/** Thrown when the first verb finds another root or fence than this process left: the run begins again, from the machine's status. */
export class Mistrust extends Error {
  override readonly name = "Mistrust";
}

/** Why a set of units did not go live: either programs' words that have to be traced, or units already named. */
export interface Setback {
  step: "stage" | "activate" | "verify";
  refusals: StepFailure[];
  named: ReadonlyMap<UnitId, UnitFault>;
}

/** Sorts a failed verb: what daemons refused can be traced to units; anything else ends the run. */
export function setbackOf(failure: Failure): Setback {
  const refusals = failure.kind === "failed" || failure.kind === "rolled-back" ? failure.failures : [];
  if (refusals.length === 0) throw new RunFailure(errorOf("publish", failure));
  return { step: refusals.every(({ step }) => step === "rehearse") ? "stage" : "activate", refusals, named: new Map() };
}

/** Names a machine's failure: `publications.machine_busy`, `publications.machine_drift`… */
export function errorOf(step: string, failure: Failure): RunError {
  const output = "failures" in failure ? failure.failures.flatMap((failed) => [`${failed.daemon} ${failed.step}:`, ...failed.output]) : [];
  const { kind, ...rest } = failure;
  const data = Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) => (name === "failures" ? [] : [[name, Array.isArray(value) ? value.join(" ") : String(value)]])),
  );
  return { step, code: `publications.machine_${kind.replace("-", "_")}`, data, output };
}

/** Sums up anything that was thrown. */
export function runErrorOf(step: string, error: unknown): RunError {
  if (error instanceof RunFailure) return error.error;
  if (isRefusal(error)) return { step, code: error.code, data: stringsOf(error.data), output: [] };
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { step, code: "publications.internal", data: {}, output: words.split("\n") };
}
