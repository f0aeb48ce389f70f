/** What other features may use of hosts. */
export { changedByHost, listUpkeep, type Upkeep } from "./base.js";
export { findHost, hostAddresses, hostNamed, hostsServing, hostsWithRole, machineAddresses, type ServingHost, setHostNames } from "./directory.js";
export type {} from "./events.js";
export { probeAll, probeHost, refreshHost, saveHost } from "./hosts.js";
export { type PublicAddresses, publicAddressesOf, setAddresses } from "./public-addresses.js";
export { type AwayHost, awayHosts } from "./reach.js";
export type { HostInput } from "./schemas.js";
export { setSettings } from "./settings.js";
export { phpVersionsOf } from "./state.js";
