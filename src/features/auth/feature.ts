/** People: who they are, how they come in, what they hold. */
import type { Feature } from "../../core/feature.js";
import { addApi } from "./api.js";
import { addCommands } from "./commands.js";
import { jobs } from "./jobs.js";
import { addOwnPages } from "./routes.js";
import { addUserPages } from "./user-routes.js";

export const feature: Feature = {
  name: "auth",
  pages(app, services) {
    addOwnPages(app, services);
    addUserPages(app);
  },
  api: addApi,
  commands: addCommands,
  jobs,
  menu: [{ label: "auth.menu.users", href: "/users", icon: "users", audience: "admin", position: 30 }],
};
