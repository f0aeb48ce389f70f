/** FTP: logins by which members move files. */
import type { HostingFeature } from "../../publish/contract.js";

export const feature: HostingFeature = { name: "ftp" };
