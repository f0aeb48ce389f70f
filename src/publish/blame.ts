/** Finds the units that stopped a release, takes each down to what it may still serve, and refuses the run when the fault is ours. */

import { findCulprit } from "./bisect.js";
import type { Run, RunUnit } from "./engine.js";
import { RunFailure, type Setback } from "./failure.js";
import { unitId } from "./manifest.js";
import { changeOf } from "./plan.js";
import { fallBack } from "./render.js";
import { commonFault } from "./systemic.js";
import { traceRefusals, type UnitFault } from "./trace.js";

/** Tells whether a subset of the run's units is refused as well. */
export type Tries = (units: readonly RunUnit[]) => Promise<boolean>;

/** Blames at least one unit for a setback, or throws: no unit can be found, or too many fail alike. */
export async function blame(run: Run, setback: Setback, tries: Tries): Promise<void> {
  const traced = traceRefusals(
    setback.refusals,
    run.engine.daemons,
    run.units.flatMap((unit) => unit.files),
  );
  const named = new Map([...traced.units, ...setback.named]);
  if (named.size === 0) {
    const fault = traced.unnamed[0] ?? { code: "publications.refused", data: {}, daemon: null, output: [] };
    const culprit = await search(run, fault, tries);
    named.set(unitId(culprit.row), fault);
  }
  const units = new Map(run.units.map((unit) => [unitId(unit.row), unit]));
  for (const [id, fault] of named) {
    const unit = units.get(id) as RunUnit;
    if (unit.level === "nothing") throw ours(setback.step, fault);
    await fallBack(run.engine, run.host, unit, fault);
  }
  refuseIfAlike(run);
}

/** Throws when so many accounts failed alike that the mistake is ours: then nobody is quarantined. */
export function refuseIfAlike(run: Run): void {
  const failed = run.units.flatMap(({ desired, fault }) => (fault === null ? [] : [{ accountId: desired.accountId, code: fault.code, fault }]));
  const { earlier } = run;
  const alike = commonFault(failed, run.units.length) ?? commonFault([...earlier.failed, ...failed], earlier.units + run.units.length);
  if (alike === null) return;
  const output = failed.find(({ code }) => code === alike.code)?.fault.output ?? [];
  const error = { step: "blame", code: "publications.failing_alike", data: { code: alike.code, accounts: String(alike.accounts) }, output };
  throw new RunFailure(error, "refused");
}

async function search(run: Run, fault: UnitFault, tries: Tries): Promise<RunUnit> {
  const suspects = run.units.filter((unit) => changeOf(unit.before, unit.files) !== "unchanged");
  const culprit = await findCulprit(suspects, tries, run.budget.rehearsals);
  if (culprit === null) throw ours("blame", fault);
  return culprit;
}

const ours = (step: string, { code, data, output }: UnitFault): RunFailure =>
  new RunFailure({ step, code: "publications.no_culprit", data: { ...data, code }, output }, "refused");
