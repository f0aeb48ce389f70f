/** Certificates: HTTPS for every site, and for the names of our own machines. */
import type { HostingFeature } from "../../publish/contract.js";
import { reactions } from "./reactions.js";

export const feature: HostingFeature = {
  name: "certificates",
  permissions: { "certificates.read": ["owner", "webmaster", "mail", "reader"], "certificates.write": ["owner", "webmaster"] },
  on: reactions,
};
