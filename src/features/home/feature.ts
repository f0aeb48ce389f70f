/** The first page of everyone: landing, member's home, administrators' overview, settings. */
import type { Feature } from "../../core/feature.js";
import { addApi } from "./api.js";
import { addCommands } from "./commands.js";
import { addPages } from "./routes.js";

export const feature: Feature = {
  name: "home",
  pages: addPages,
  api: addApi,
  commands: addCommands,
  menu: [
    { label: "home.menu.home", href: "/", icon: "home", audience: "member", position: 0 },
    { label: "home.menu.machines", href: "/overview", icon: "gauge", audience: "admin", position: 0 },
    { label: "home.menu.settings", href: "/settings", icon: "settings", audience: "admin", position: 90 },
  ],
};
