/** What other features may use of sites. */
export { chipsOf } from "./chips.js";
export { restoreSite, removeSite } from "./removal.js";
export type { SiteChange, SiteInput } from "./schemas.js";
export { addAddress, addSite, editSite, getSite, listSites } from "./sites.js";
export { addProxyTarget } from "./proxy-targets.js";
