/** How accounts and plans are told to programs: listed fields only. */
import type { Static } from "typebox";
import type { Plan } from "../../generated/sqlite/client.js";
import type { ShownAccount } from "./accounts.js";
import type { AccountOutput, PlanOutput } from "./schemas.js";

/** Gives the answer's fields of an account. */
export function accountBody(account: ShownAccount): Static<typeof AccountOutput> {
  const { id, number, login, name, state, suspendedReason, binUntil, plan, webHost, filesHost, version, createdAt } = account;
  return {
    id,
    number,
    login,
    name,
    state,
    suspendedReason,
    binUntil: binUntil?.toISOString() ?? null,
    plan: { id: plan.id, name: plan.name },
    webHost: { id: webHost.id, name: webHost.name },
    filesHost: { id: filesHost.id, name: filesHost.name },
    version,
    createdAt: createdAt.toISOString(),
  };
}

/** Gives the answer's fields of a plan. */
export function planBody(plan: Plan & { _count?: { accounts: number } }): Static<typeof PlanOutput> {
  const { version: _version, createdAt: _createdAt, _count, ...fields } = plan;
  return { ...fields, accounts: _count?.accounts ?? 0 };
}
