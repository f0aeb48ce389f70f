/** What other features may use of accounts. */
export { addAccount, findAccount, getAccount, listAccounts } from "./accounts.js";
export type {} from "./events.js";
export { type AccountFacts, accountNamed, highestPlan, hostAccounts, placeOf, readAccounts, servedBy, standsOn, webHostsOf } from "./facts.js";
export { carersOf, countPeople, listPeople, setMember } from "./members.js";
export { accountFor, changeableAccount } from "./own.js";
export { exchangePlaces, serveAlso, serveOnce } from "./places.js";
export { addPlan, ensureDefaultPlan } from "./plans.js";
export { removeAccount, restoreAccount, resumeAccount, suspendAccount } from "./states.js";
