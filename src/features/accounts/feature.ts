/** Accounts, their plans, and who may do what in them. */
import type { HostingFeature } from "../../publish/contract.js";
import { accountApi } from "./api.js";
import { accountCards } from "./cards.js";
import { accountCommands } from "./commands.js";
import { accountJobs } from "./jobs.js";
import { memberships } from "./members.js";
import { listMeantOffline } from "./offline.js";
import { accountPages } from "./routes.js";
import { accountUndos } from "./undos.js";

export const feature: HostingFeature = {
  name: "accounts",
  // Nobody but administrators writes accounts; invitations by owners come with their own issue.
  permissions: { "accounts.read": ["owner", "webmaster", "mail", "reader"], "accounts.write": [], "accounts.members.write": [] },
  memberships,
  pages: accountPages,
  api: accountApi,
  commands: accountCommands,
  jobs: accountJobs,
  adminUndos: accountUndos,
  homeCards: accountCards,
  meantOffline: listMeantOffline,
  menu: [
    { label: "accounts.menu", href: "/accounts", icon: "users-group", audience: "admin", position: 10 },
    { label: "accounts.menu_plans", href: "/plans", icon: "ruler-measure", audience: "admin", position: 30 },
  ],
};
