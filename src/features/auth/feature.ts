/** People: who they are, how they come in, what they hold. */
import type { Feature } from "../../core/feature.js";
import type {} from "../backups/index.js";
import { addApi } from "./api.js";
import { addCommands } from "./commands.js";
import { jobs } from "./jobs.js";
import { addOwnPages } from "./routes.js";
import { endAllSessions } from "./sessions.js";
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
  // Sessions that were ended since the backup must not be alive again.
  on: { "backups.restored": (tx) => endAllSessions(tx.db) },
  menu: [{ label: "auth.menu.users", href: "/users", icon: "users", audience: "admin", position: 30 }],
};
