/** What the sheet "Where do I connect?" tells of sites: their addresses, the machine for those who keep their DNS, the folders. */
import type { Context } from "../../core/context.js";
import type { ConnectCard } from "../../core/feature.js";
import { accountFor } from "../accounts/index.js";
import { findHost, phpVersionsOf } from "../hosts/index.js";
import { chipsOf } from "./chips.js";
import { siteView } from "./shown.js";
import { listSites } from "./sites.js";

const MAX_SITES = 500;

export const siteConnectCards: ConnectCard[] = [
  { position: 10, permission: "sites.read", view: "sites/connect-sites", load: loadSites },
  { position: 30, permission: "sites.read", view: "sites/connect-folders", load: loadFolders },
  { position: 50, permission: "sites.read", view: "sites/connect-dns", load: loadDns },
];

async function loadSites(ctx: Context, accountId: string, reader: Parameters<ConnectCard["load"]>[2]) {
  const { rows } = await listSites(ctx, { accountId, state: "live", take: MAX_SITES });
  const chips = await chipsOf(ctx.db, rows);
  const account = await accountFor(ctx, accountId, "sites.read");
  const host = await findHost(ctx.db, account.webHostId);
  return { accountId, sites: rows.map((site) => siteView(reader, site, chips.get(site.id) ?? { state: "waiting" }, host?.httpsPort)) };
}

async function loadFolders(ctx: Context, accountId: string) {
  const account = await accountFor(ctx, accountId, "sites.read");
  const { rows } = await listSites(ctx, { accountId, state: "live", take: MAX_SITES });
  const host = await findHost(ctx.db, account.webHostId);
  return { login: account.login, versions: phpVersionsOf(host?.state).join(", "), sites: rows.filter(({ kind }) => kind === "folder") };
}

async function loadDns(ctx: Context, accountId: string) {
  const account = await accountFor(ctx, accountId, "sites.read");
  const host = await findHost(ctx.db, account.webHostId);
  return host && { address: host.address };
}
