/** DNS: the zones of members' domains. */
import type { HostingFeature } from "../../publish/contract.js";

export const feature: HostingFeature = { name: "dns" };
