/** Watch: how everything is that administrators answer for, told to monitoring programs, on a page and by letters. */
import type { Feature } from "../../core/feature.js";
import { watchApi } from "./api.js";
import { watchCards } from "./cards.js";
import { watchCommands } from "./commands.js";
import { createHealth } from "./health.js";
import { watchJobs } from "./jobs.js";
import { watchPages } from "./pages.js";
import { healthPage } from "./routes.js";
import { statusCommand } from "./status.js";
import { watchMail } from "./watched.js";

export const feature: Feature = {
  name: "watch",
  pages(app, services) {
    healthPage(app, createHealth(services));
    watchPages(app, services);
  },
  plainAnswer(services) {
    const health = createHealth(services);
    return async (path) => {
      if (path !== "/healthz") return null;
      const word = await health.ask();
      return { status: word === "ok" ? 200 : 503, text: `${word}\n` };
    };
  },
  api: watchApi,
  commands: watchCommands,
  jobs: watchJobs,
  menu: [{ label: "watch.menu", href: "/watch", icon: "heartbeat", audience: "admin", position: 38 }],
  words: { status: { commands: statusCommand } },
  homeCards: watchCards,
  checks: watchMail,
};
