/** Publications: what went to which machine, why, and what became of it. The engine itself is src/publish. */
import type { HostingFeature } from "../../publish/contract.js";
import { publicationApi } from "./api.js";
import { publicationCommands } from "./commands.js";
import { publicationJobs } from "./jobs.js";
import { READ } from "./publications.js";
import { publicationPages } from "./routes.js";

export const feature: HostingFeature = {
  name: "publications",
  permissions: { [READ]: ["owner", "webmaster", "mail", "reader"] },
  pages: publicationPages,
  api: publicationApi,
  commands: publicationCommands,
  jobs: publicationJobs,
  menu: [
    { label: "publications.menu", href: "/publications", icon: "cloud-up", audience: "admin", position: 50 },
    { label: "publications.menu_member", href: "/publications", icon: "cloud-up", audience: "member", permission: READ, position: 80 },
  ],
};
