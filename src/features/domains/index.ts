/** What other features may use of domains. */
export { consentedName, foreignBelow, refuseForeign } from "./claims.js";
export { addDomain, domainsAbove, domainsWithoutZone, getDomain, removeDomain, restoreDomain } from "./domains.js";
export type {} from "./events.js";
export type { AddressName, DomainName } from "./names.js";
export { displayName, parentsOf, parseAddress, parseName, registeredName, searchText, wildcardCovers } from "./names.js";
export { addForbidden, refuseAbovePanel, refusePanelName, writePolicy } from "./policy.js";
