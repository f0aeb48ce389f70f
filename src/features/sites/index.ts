/** What other features may use of sites. */

export { liveNames } from "./addresses.js";
export type {} from "./events.js";
export { type FolderPath, folderWithin, parseFolder } from "./folders.js";
export { pooledVersions } from "./pools.js";
export { addProxyTarget } from "./proxy-targets.js";
export { removeSite, restoreSite } from "./removal.js";
export type { SiteInput } from "./schemas.js";
export { addAddress, addSite, editSite, getSite, listSites } from "./sites.js";
