/** Moves: an account's sites go to another web machine, and nobody who visits them notices. */
import type { Feature } from "../../core/feature.js";
import { moveApi } from "./api.js";
import { moveCommands } from "./commands.js";
import { moveJobs } from "./jobs.js";
import { dropMove } from "./moves.js";
import { movePages } from "./routes.js";
import { watchMoves } from "./watched.js";

export const feature: Feature = {
  name: "moves",
  pages: movePages,
  api: moveApi,
  commands: moveCommands,
  jobs: moveJobs,
  checks: watchMoves,
  on: {
    async "accounts.changed"(tx, { accountId, what }) {
      // In the bin nothing of it is served anywhere: it comes back where its names lead.
      if (what === "removed") await dropMove(tx, accountId);
    },
  },
  menu: [{ label: "moves.menu", href: "/moves", icon: "arrows-exchange", audience: "admin", position: 15 }],
};
