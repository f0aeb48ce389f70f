/** Notices: what administrators tell all members, on their pages and by mail. */
import type { Feature } from "../../core/feature.js";
import { noticeApi } from "./api.js";
import { noticeConnectCards, noticeHomeCards } from "./cards.js";
import { noticeCommands } from "./commands.js";
import { noticePages } from "./routes.js";

export const feature: Feature = {
  name: "notices",
  pages: noticePages,
  api: noticeApi,
  commands: noticeCommands,
  homeCards: noticeHomeCards,
  connectCards: noticeConnectCards,
  menu: [{ label: "notices.menu", href: "/notices", icon: "speakerphone", audience: "admin", position: 50 }],
};
