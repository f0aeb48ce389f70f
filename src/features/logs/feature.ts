/** Logs: what web machines wrote about an account's sites, in words. */
import type { HostingFeature } from "../../publish/contract.js";

export const feature: HostingFeature = {
  name: "logs",
  // A log tells addresses of visitors, paths and sometimes what a program was given.
  permissions: { "logs.read": ["owner", "webmaster"] },
};
