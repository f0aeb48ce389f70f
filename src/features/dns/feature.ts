/** DNS: the zones of members' domains. */
import type { Services } from "../../core/services.js";
import type { HostingFeature } from "../../publish/contract.js";
import type {} from "./contribution.js";
import { importApi } from "./import/api.js";
import { importCommands } from "./import/commands.js";
import { importPages } from "./import/routes.js";
import { dnsJobs } from "./jobs.js";
import { probers } from "./probers.js";
import { reactions } from "./reactions.js";
import { dnsRole } from "./roles.js";

export const feature: HostingFeature = {
  name: "dns",
  permissions: { "dns.read": ["owner", "webmaster", "mail", "reader"], "dns.write": ["owner", "webmaster"] },
  pages: importPages,
  api: importApi,
  commands: importCommands,
  jobs: dnsJobs,
  on: reactions,
  roles: ((services: Services) => [dnsRole(services)]) as unknown as HostingFeature["roles"],
  probers,
};
