/** What the sheet "Where do I connect?" tells of files: server, ports, fingerprints, and the logins with their files to download. */
import type { Context } from "../../core/context.js";
import type { ConnectCard } from "../../core/feature.js";
import { accountFor } from "../accounts/index.js";
import { findDoor } from "./host-settings.js";
import { listLogins } from "./logins.js";
import { shownName } from "./names.js";

const MAX_LOGINS = 200;

export const ftpConnectCards: ConnectCard[] = [{ position: 20, permission: "ftp.read", view: "ftp/connect-card", load }];

async function load(ctx: Context, accountId: string) {
  const account = await accountFor(ctx, accountId, "ftp.read");
  const { rows } = await listLogins(ctx, { accountId, state: "live", take: MAX_LOGINS });
  const logins = rows.map(({ id, name, note, hash, keys }) => ({
    id,
    name,
    display: shownName(name),
    note,
    hasPassword: hash !== null,
    hasKeys: keys.length > 0,
  }));
  return { accountId, door: await findDoor(ctx.db, account.filesHostId), logins };
}
