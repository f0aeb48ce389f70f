/** Domains that pass from one account to another, and names that two accounts want. */
import type { Feature } from "../../core/feature.js";
import { transferApi } from "./api.js";
import { transferCards } from "./cards.js";
import { transferCommands } from "./commands.js";
import { transferJobs } from "./jobs.js";
import { followDomain } from "./requests.js";
import { transferPages } from "./routes.js";

export const feature: Feature = {
  name: "transfers",
  permissions: { "transfers.read": ["owner", "webmaster", "mail", "reader"], "transfers.write": ["owner"] },
  pages: transferPages,
  api: transferApi,
  commands: transferCommands,
  jobs: transferJobs,
  on: { "domains.moved": followDomain },
  homeCards: transferCards,
};
