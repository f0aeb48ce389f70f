/** Publications: what went to which machine, why, and what became of it. The engine itself is src/publish. */
import type { HostingFeature } from "../../publish/contract.js";
import { publicationApi } from "./api.js";
import { publicationCommands } from "./commands.js";
import { watchDecisions } from "./decisions.js";
import { holdApi } from "./hold-api.js";
import { holdPages } from "./hold-routes.js";
import { publicationJobs } from "./jobs.js";
import { READ } from "./publications.js";
import { putBackPages } from "./put-back-routes.js";
import { rendererApi, rendererPages } from "./renderer-routes.js";
import { publicationPages } from "./routes.js";
import { awayBanners } from "./waiting.js";
import { watchPublications } from "./watched.js";

export const feature: HostingFeature = {
  name: "publications",
  permissions: { [READ]: ["owner", "webmaster", "mail", "reader"] },
  pages(app, services) {
    publicationPages(app, services);
    rendererPages(app, services);
    putBackPages(app, services);
    holdPages(app, services);
  },
  api(app, services) {
    publicationApi(app, services);
    rendererApi(app, services);
    holdApi(app, services);
  },
  commands: publicationCommands,
  jobs: publicationJobs,
  banners: (ctx) => awayBanners(ctx),
  checks: async (ctx, services) => [...(await watchPublications(ctx, services)), ...(await watchDecisions(ctx, services))],
  menu: [
    { label: "publications.menu", href: "/publications", icon: "cloud-up", audience: "admin", position: 50 },
    { label: "publications.menu_member", href: "/publications", icon: "cloud-up", audience: "member", permission: READ, position: 80 },
  ],
};
