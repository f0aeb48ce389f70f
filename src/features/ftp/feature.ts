/** FTP: logins by which members move files. */
import type { HostingFeature } from "../../publish/contract.js";
import { ftpApi } from "./api.js";
import { ftpHomeCards } from "./cards.js";
import { ftpCommands } from "./commands.js";
import { ftpConnectCards } from "./connect-card.js";
import { ftpJobs } from "./jobs.js";
import { ftpProber } from "./prober.js";
import { reactions } from "./reactions.js";
import { ftpRole, loginFolders } from "./roles.js";
import { ftpPages } from "./routes.js";
import { loginUndos } from "./undos.js";

export const feature: HostingFeature = {
  name: "ftp",
  permissions: { "ftp.read": ["owner", "webmaster", "reader"], "ftp.write": ["owner", "webmaster"] },
  pages: ftpPages,
  api: ftpApi,
  commands: ftpCommands,
  jobs: ftpJobs,
  undos: loginUndos,
  on: reactions,
  homeCards: ftpHomeCards,
  connectCards: ftpConnectCards,
  roles: [ftpRole] as unknown as HostingFeature["roles"],
  homeFolders: loginFolders,
  probers: { ftp: ftpProber },
  menu: [
    { label: "ftp.menu", href: "/ftp-logins", icon: "folder-up", audience: "member", permission: "ftp.read", position: 20 },
    { label: "ftp.menu_hosts", href: "/ftp-hosts", icon: "server-cog", audience: "admin", position: 45 },
  ],
};
