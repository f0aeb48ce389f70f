/** What logins do when accounts, domains or hosts change, in the same transaction. */
import type { Feature } from "../../core/feature.js";
import { dropLoginsOf } from "./removal.js";
import { countNamedBy, keepNames } from "./renaming.js";
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
  async "domains.counting_move"(tx, { name, from, add }) {
    add("stays", "ftp_names", await countNamedBy(tx, from, name));
  },
  async "domains.moved"(tx, { name, to }) {
    await keepNames(tx, to, name);
  },
  async "domains.added"(tx, { name, accountId }) {
    await keepNames(tx, accountId, name);
  },
  async "hosts.saved"(tx, { hostId, roles }) {
    if (roles.includes("ftp")) await touchHost(tx, hostId);
  },
  async "hosts.told"(tx, { hostId, daemons }) {
    await noteLogins(tx, hostId, [...daemons.values()].flat());
  },
};
