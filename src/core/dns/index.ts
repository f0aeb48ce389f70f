/** Questions to the world's DNS; knows nothing of hosting. */
export { askDelegation, type Delegation, type DelegationView, serversOf } from "./delegation.js";
export { exchange, type Server } from "./exchange.js";
export type { SeenRecord } from "./message.js";
export { createResolver, type Failure, type Resolver, type Seen, seenOf, type Told } from "./resolver.js";
export type { SeenType } from "./seen-data.js";
export { DNS_PORT, isOuterAddress, resolverSettings } from "./servers.js";
