/** What other features may use of accounts. */
export { type AddedAccount, addAccount, findAccount, getAccount, listAccounts } from "./accounts.js";
export type {} from "./events.js";
export { type AccountFacts, highestPlan, hostAccounts, placeOf, readAccounts } from "./facts.js";
export { setMember } from "./members.js";
export { accountFor, changeableAccount, ownAccounts } from "./own.js";
export { addPlan, editPlan, ensureDefaultPlan, listPlans } from "./plans.js";
export type { AccountInput, PlanInput } from "./schemas.js";
export { removeAccount, restoreAccount, resumeAccount, suspendAccount } from "./states.js";
