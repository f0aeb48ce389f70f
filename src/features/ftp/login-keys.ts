/** SSH keys of a login: they open it over SFTP, beside its password or instead of it. */
import type { Context } from "../../core/context.js";
import { conflict, type FieldError, invalidFields, notFound } from "../../core/errors.js";
import type { FtpKey, FtpLogin } from "../../generated/sqlite/client.js";
import { cleanLabel } from "./keys.js";
import { changeableLogin, getLogin, keyOf } from "./logins.js";
import { shownName } from "./names.js";
import { objectOf } from "./naming.js";
import type { KeyInput } from "./schemas.js";
import { touchLogins } from "./units.js";

const MAX_KEYS = 20;

/** Adds a key to a login. */
export async function addKey(ctx: Context, loginKey: string, input: KeyInput): Promise<FtpKey> {
  await getLogin(ctx, loginKey, "ftp.write");
  const faults: FieldError[] = [];
  const key = keyOf(input.key, faults);
  if (faults.length > 0) throw invalidFields(faults);
  if (key === null) throw invalidFields([{ field: "key", code: "shell.required" }]);
  return ctx.transaction(async (tx) => {
    const { login, account } = await changeableLogin(tx, loginKey);
    if (login.keys.some(({ fingerprint }) => fingerprint === key.fingerprint)) throw conflict("ftp.key_known", {}, "key");
    if (login.keys.length >= MAX_KEYS) throw conflict("ftp.keys_many", { max: MAX_KEYS }, "key");
    const label = cleanLabel(input.label ?? "") || key.label;
    const row = await tx.db.ftpKey.create({ data: { ...key, label, loginId: login.id, accountId: account.id } });
    await tx.db.ftpLogin.update({ where: { id: login.id }, data: { version: { increment: 1 } } });
    tx.audit({ verb: "ftp.key.added", accountId: account.id, object: objectOf(login), new: { fingerprint: key.fingerprint, label } });
    await touchLogins(tx, account);
    return row;
  });
}

/** Takes a key from a login; the last thing that opens it stays. */
export async function removeKey(ctx: Context, loginKey: string, keyId: string): Promise<FtpLogin> {
  return ctx.transaction(async (tx) => {
    const { login, account } = await changeableLogin(tx, loginKey);
    const gone = login.keys.find(({ id, fingerprint }) => id === keyId || fingerprint === keyId);
    if (!gone) throw notFound("ftp.key_unknown");
    if (login.hash === null && login.keys.length === 1) throw conflict("ftp.nothing_opens", { name: shownName(login.name) });
    await tx.db.ftpKey.delete({ where: { id: gone.id } });
    const left = await tx.db.ftpLogin.update({ where: { id: login.id }, data: { version: { increment: 1 } } });
    tx.audit({ verb: "ftp.key.removed", accountId: account.id, object: objectOf(login), old: { fingerprint: gone.fingerprint, label: gone.label } });
    await touchLogins(tx, account);
    return left;
  });
}
