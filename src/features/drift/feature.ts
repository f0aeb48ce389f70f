/** Drift: files that another hand changed on a machine, shown with what differs and since when, adopted or put right. */
import type { Feature } from "../../core/feature.js";
import { noteVersions } from "../../publish/index.js";
import { driftApi } from "./api.js";
import { driftChecks } from "./checks.js";
import { driftCommands } from "./commands.js";
import { driftJobs } from "./jobs.js";
import { driftPages } from "./routes.js";

export const feature: Feature = {
  name: "drift",
  pages: driftPages,
  api: driftApi,
  commands: driftCommands,
  jobs: driftJobs,
  checks: driftChecks,
  on: {
    async "hosts.told"(tx, { hostId, name, daemons }) {
      const found = await noteVersions(tx, hostId, daemons);
      if (found === null) return;
      tx.audit({ verb: "drift.versions.changed", accountId: null, object: { type: "host", id: hostId, name }, old: found.before, new: found.now });
    },
  },
  menu: [{ label: "drift.menu", href: "/drift", icon: "file-diff", audience: "admin", position: 55 }],
};
