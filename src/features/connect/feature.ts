/** The sheet "Where do I connect?": what every feature tells an account of where it is reached. */
import type { Feature } from "../../core/feature.js";
import { connectPages } from "./routes.js";

export const feature: Feature = {
  name: "connect",
  pages: connectPages,
  menu: [{ label: "connect.menu", href: "/connect", icon: "plug-connected", audience: "member", permission: "accounts.read", position: 30 }],
};
