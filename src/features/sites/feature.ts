/** Sites: what answers at which address. */
import type { HostingFeature, Role } from "../../publish/contract.js";
import { siteApi } from "./api.js";
import { siteCards } from "./cards.js";
import { siteCommands } from "./commands.js";
import { siteConnectCards } from "./connect-cards.js";
import { siteRecords } from "./dns-records.js";
import { siteJobs } from "./jobs.js";
import { probers } from "./probers.js";
import { reactions } from "./reactions.js";
import { makeFilesRole, phpRole, webRole } from "./roles.js";
import { sitePages } from "./routes.js";
import { siteUndos } from "./undos.js";

export const feature: HostingFeature = {
  name: "sites",
  permissions: { "sites.read": ["owner", "webmaster", "mail", "reader"], "sites.write": ["owner", "webmaster"] },
  pages: sitePages,
  api: siteApi,
  commands: siteCommands,
  jobs: siteJobs,
  undos: siteUndos,
  on: reactions,
  homeCards: siteCards,
  connectCards: siteConnectCards,
  roles: (services) => [webRole, phpRole, makeFilesRole(foldersOf(services.features))] as unknown as Role<never>[],
  probers,
  dnsRecords: siteRecords,
  menu: [
    { label: "sites.menu", href: "/sites", icon: "browser", audience: "member", position: 10 },
    { label: "sites.menu_proxy", href: "/proxy-targets", icon: "arrows-exchange", audience: "admin", position: 70 },
  ],
};

/** Who else needs folders in homes. */
function foldersOf(features: readonly HostingFeature[]) {
  return features.flatMap(({ homeFolders }) => homeFolders ?? []);
}
