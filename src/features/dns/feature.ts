/** DNS: the zones of members' domains. */
import type { Services } from "../../core/services.js";
import type { HostingFeature } from "../../publish/contract.js";
import { dnsApi } from "./api.js";
import { dnsCommands } from "./commands.js";
import type {} from "./contribution.js";
import { importApi } from "./import/api.js";
import { importCommands } from "./import/commands.js";
import { importPages } from "./import/routes.js";
import { dnsJobs } from "./jobs.js";
import { probers } from "./probers.js";
import { reactions } from "./reactions.js";
import { recordUndos } from "./record-undos.js";
import { dnsRole } from "./roles.js";
import { dnsPages } from "./routes.js";
import { watchZones } from "./watched.js";

export const feature: HostingFeature = {
  name: "dns",
  sealed: [{ table: "DnsSecondary", columns: ["secret"] }],
  permissions: { "dns.read": ["owner", "webmaster", "mail", "reader"], "dns.write": ["owner", "webmaster"] },
  pages(app, services) {
    dnsPages(app, services);
    return importPages(app, services);
  },
  api(app, services) {
    dnsApi(app, services);
    return importApi(app, services);
  },
  commands(command, services) {
    dnsCommands(command, services);
    importCommands(command, services);
  },
  jobs: dnsJobs,
  undos: recordUndos,
  checks: watchZones,
  on: reactions,
  roles: ((services: Services) => [dnsRole(services)]) as unknown as HostingFeature["roles"],
  probers,
  menu: [
    { label: "dns.menu", href: "/zones", icon: "list-details", audience: "member", permission: "dns.read", position: 25 },
    { label: "dns.menu_settings", href: "/dns/settings", icon: "server-2", audience: "admin", position: 62 },
  ],
};
