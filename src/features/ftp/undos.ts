/** Changes of logins that can be taken back. Never a password: the old one is not known, and was changed for a reason. */
import { changedFrom, refuseChanged, type Undo } from "../../core/undo.js";
import { changeableLogin, editLogin } from "./logins.js";
import { removeLogin, restoreLogin } from "./removal.js";
import type { LoginChange } from "./schemas.js";
import { settingsOf } from "./settings.js";

const DAY = 10;

/** By the verb of the entry. */
export const loginUndos: Record<string, Undo> = {
  async "ftp.login.edited"(tx, entry) {
    const { login } = await changeableLogin(tx, entry.objectId);
    // Whether its time is over is no setting: the day decides.
    const { expired: _, ...changed } = changedFrom(entry);
    const present: Record<string, unknown> = { ...settingsOf(login) };
    const pick = (values: Readonly<Record<string, unknown>>) => Object.fromEntries(Object.keys(changed).map((name) => [name, values[name]]));
    refuseChanged(pick(entry.new), pick(JSON.parse(JSON.stringify(present))));
    const { expiresAt, ...settings } = changed;
    const day = expiresAt === undefined ? {} : { expiresOn: typeof expiresAt === "string" ? expiresAt.slice(0, DAY) : "" };
    await editLogin(tx, login.id, { ...(settings as LoginChange), ...day });
  },
  async "ftp.login.added"(tx, { objectId }) {
    await removeLogin(tx, objectId);
  },
  async "ftp.login.removed"(tx, { objectId }) {
    await restoreLogin(tx, objectId);
  },
};
