/**
 * Hashes passwords in the form that Debian's daemons verify by crypt(3): SHA-512-crypt. The npm packages for it were read and left: `unixcrypt` 3.0.4
 * drops whole blocks of passwords of 64 or 128 bytes (steps 9 and 16 of the specification) and holds the event loop; `sha512crypt-node` brings a test
 * runner as a dependency. OpenSSL is on every machine that speaks TLS, and works beside this process.
 */
import { randomInt } from "node:crypto";
import { tooMany } from "../errors.js";
import { Gate } from "../gate.js";
import type { Secret } from "../secret.js";
import { runCommand } from "./command.js";

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SALT_LENGTH = 16; // the most that SHA-512-crypt reads
/** Four times crypt's own default, and what AlternC wrote: 10 ms a login, and four times as long for who guesses. */
const ROUNDS = 20_000;
const TIMEOUT_SECONDS = 10;
/** Each is a process: as many at once as a small machine has processors, and a line that has an end. */
const gate = new Gate(2, 100);
/** `openssl passwd` reads 256 bytes of a line. */
export const MAX_CRYPT_BYTES = 200;
const FORM = /^\$6\$rounds=\d{4,9}\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/;

/** Hashes a password; never inside a transaction. Refuses what a line or crypt(3) cannot carry. */
export async function hashCrypt(password: Secret): Promise<string> {
  const text = password.reveal();
  if (text === "" || Buffer.byteLength(text) > MAX_CRYPT_BYTES || /\p{Cc}/u.test(text)) throw new Error("this password cannot be hashed by crypt(3)");
  const salt = Array.from({ length: SALT_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  const argv = ["openssl", "passwd", "-6", "-stdin", "-salt", `rounds=${ROUNDS}$${salt}`];
  const ended = await gate.pass(() => runCommand({ argv, stdin: `${text}\n`, timeoutSeconds: TIMEOUT_SECONDS }));
  if (ended === null) throw tooMany("shell.too_many");
  const { code, stdout, stderr } = ended;
  const hash = stdout.toString("latin1").trim();
  if (code !== 0 || !FORM.test(hash)) throw new Error(`openssl passwd ended with ${code}: ${stderr.toString("utf8").slice(0, 500)}`);
  return hash;
}
