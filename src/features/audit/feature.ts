/** Audit: who did what and when, for the people of an account and for administrators. */
import type { Feature } from "../../core/feature.js";
import { auditApi } from "./api.js";
import { auditUndoCommand } from "./commands.js";
import { auditPages } from "./routes.js";

export const feature: Feature = {
  name: "audit",
  permissions: { "audit.read": ["owner"] },
  pages: auditPages,
  api: auditApi,
  commands: auditUndoCommand,
  menu: [
    { label: "audit.menu_own", href: "/history", icon: "clock", audience: "member", permission: "audit.read", position: 80 },
    { label: "audit.menu", href: "/audit", icon: "clock", audience: "admin", position: 60 },
  ],
};
