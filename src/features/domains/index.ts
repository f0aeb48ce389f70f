/** What other features may use of domains. */
export { consentedName, foreignBelow, holderOf, noteConsent, refuseForeign } from "./claims.js";
export { addDomain, changeableDomain, domainsAbove, domainsWithoutZone, getDomain, refuseAdding, removeDomain, restoreDomain } from "./domains.js";
export type { DomainMove, MoveCount } from "./events.js";
export { type DomainMark, marksOf } from "./marks.js";
export { countMove, domainNamed, type KeptAside, moveDomain, yieldDomain } from "./moves.js";
export type { AddressName, DomainName } from "./names.js";
export { displayName, parentsOf, parseAddress, parseName, readableText, registeredName, searchText, wildcardCovers } from "./names.js";
export { addForbidden, refuseAbovePanel, refuseForbidden, refusePanelName, writePolicy } from "./policy.js";
export { drawNew } from "./routes.js";
export { DomainInput } from "./schemas.js";
