/** What logins do when accounts or hosts change, in the same transaction. */
import type { Feature } from "../../core/feature.js";
import { dropLoginsOf } from "./removal.js";
import { noteLogins } from "./seen.js";
import { touchAccountLogins, touchHost } from "./units.js";

export const reactions: NonNullable<Feature["on"]> = {
  async "accounts.changed"(tx, { accountId, what }) {
    if (what === "created") return;
    await touchAccountLogins(tx, accountId);
    if (what === "purged") await dropLoginsOf(tx, accountId);
  },
  async "accounts.counting"(tx, { accountId, add }) {
    add("ftp_logins", await tx.db.ftpLogin.count({ where: { accountId, state: "live" } }));
  },
  async "hosts.saved"(tx, { hostId, roles }) {
    if (roles.includes("ftp")) await touchHost(tx, hostId);
  },
  async "hosts.told"(tx, { hostId, daemons }) {
    await noteLogins(tx, hostId, [...daemons.values()].flat());
  },
};
