/** What other features may use of domains. */
export { displayName, isWithin, parseAddress, parseName, parentsOf, registeredName, searchText, wildcardCovers } from "./names.js";
export type { AddressName, DomainName } from "./names.js";
