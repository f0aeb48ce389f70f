/** Hosts: the machines, how they are reached, and what they say of themselves. */
import type { HostingFeature } from "../../publish/contract.js";
import { hostApi } from "./api.js";
import { hostCards } from "./cards.js";
import { hostCommands } from "./commands.js";
import { hostDirectory } from "./directory.js";
import { hostJobs } from "./jobs.js";
import { hostPages } from "./routes.js";
import { hostUndos } from "./undos.js";
import { watchHosts } from "./watched.js";

export const feature: HostingFeature = {
  name: "hosts",
  pages: hostPages,
  api: hostApi,
  commands: hostCommands,
  jobs: hostJobs,
  adminUndos: hostUndos,
  homeCards: hostCards,
  checks: watchHosts,
  hosts: (services) => hostDirectory(services.env),
  menu: [{ label: "hosts.menu", href: "/hosts", icon: "server-2", audience: "admin", position: 40 }],
};
