/** Domains: which names an account holds. */
import type { HostingFeature } from "../../publish/contract.js";
import { domainApi } from "./api.js";
import { domainCommands } from "./commands.js";
import { releaseDomainsOf } from "./domains.js";
import { domainJobs } from "./jobs.js";
import { panelNames } from "./policy.js";
import { domainPages } from "./routes.js";

export const feature: HostingFeature = {
  name: "domains",
  permissions: { "domains.read": ["owner", "webmaster", "mail", "reader"], "domains.write": ["owner", "webmaster"] },
  pages: domainPages,
  api: domainApi,
  commands: domainCommands,
  jobs: domainJobs,
  ownNames: panelNames,
  on: {
    async "accounts.changed"(tx, { accountId, what }) {
      if (what === "purged") await releaseDomainsOf(tx, accountId);
    },
    async "accounts.counting"(tx, { accountId, add }) {
      add("domains", await tx.db.domain.count({ where: { accountId, state: "live" } }));
    },
  },
  menu: [
    { label: "domains.menu", href: "/domains", icon: "world", audience: "member", position: 20 },
    { label: "domains.menu_names", href: "/domains/forbidden", icon: "ban", audience: "admin", position: 60 },
  ],
};
