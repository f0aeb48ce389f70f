/** Passwords of logins: made here unless chosen, hashed at once in the form that the machine verifies. The panel keeps nothing else of them. */
import { invalid } from "../../core/errors.js";
import { hashCrypt, MAX_CRYPT_BYTES } from "../../core/machine/index.js";
import { Secret } from "../../core/secret.js";
import { checkPassword, makePassword } from "../auth/index.js";

export interface PreparedPassword {
  /** $6$… */
  hash: string;
  /** What was made here; null: it was chosen. */
  made: Secret | null;
}

/** Checks or makes a password, and hashes it: before the transaction, which may run twice. */
export async function preparePassword(chosen: string | undefined, name: string, field: string): Promise<PreparedPassword> {
  if (chosen === undefined || chosen === "") {
    const made = makePassword();
    return { hash: await hashCrypt(made), made };
  }
  const password = new Secret(chosen);
  if (/\p{Cc}/u.test(chosen)) throw invalid("ftp.password_control", {}, field);
  if (Buffer.byteLength(chosen) > MAX_CRYPT_BYTES) throw invalid("ftp.password_long", { limit: MAX_CRYPT_BYTES }, field);
  checkPassword(password, name, field);
  return { hash: await hashCrypt(password), made: null };
}
