/** Health of domains: what the world's DNS says of them, against what it should say. */
import type { HostingFeature } from "../../publish/contract.js";
import { healthApi } from "./api.js";
import { healthCards } from "./cards.js";
import { healthCommands } from "./commands.js";
import { healthJobs } from "./jobs.js";
import { healthMarks } from "./marks.js";
import { reactions } from "./reactions.js";
import { healthPages } from "./routes.js";

export const feature: HostingFeature = {
  name: "health",
  pages: healthPages,
  api: healthApi,
  commands: healthCommands,
  jobs: healthJobs,
  on: reactions,
  homeCards: healthCards,
  domainMarks: healthMarks,
};
