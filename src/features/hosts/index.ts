/** What other features may use of hosts. */
export { findHost, hostAddresses, hostNamed, hostsWithRole } from "./directory.js";
export { probeHost, saveHost } from "./hosts.js";
export type { HostInput } from "./schemas.js";
export { phpVersionsOf } from "./state.js";
