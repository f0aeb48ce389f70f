/**
 * Opens what came under a password: PKCS#12 (.pfx, .p12) and encrypted keys. By openssl beside this process, because the file says how long its password is
 * stretched, and who sends a thousand million rounds would stop the panel; there it ends with its time. The password goes by a descriptor of its own.
 */
import { invalid } from "../../core/errors.js";
import { runCommand } from "../../core/machine/index.js";
import type { Secret } from "../../core/secret.js";
import type { Part } from "./given.js";
import { readBlocks } from "./pem.js";

const TIMEOUT_SECONDS = 10;
const MAX_OUTPUT = 262_144;
const MAX_AT_ONCE = 4;
export const MAX_PASSWORD = 500;
/** OID of PKCS#7 data, which is what a PKCS#12 file begins with after its version (RFC 7292 §4). */
const PFX = /^30(8[0-4])?.{2,8}02010330/;

/** Each may take its whole time; a bundle of them would keep the others out for minutes. */
const MAX_LOCKED = 2;

let running = 0;

/** Gives the same parts with everything encrypted in the clear; throws the refusal of the field when that cannot be. */
export async function unlockParts(parts: readonly Part[], password: Secret | null): Promise<Part[]> {
  const open: Part[] = [];
  const locked = parts.find((_, i) => countLocked(parts.slice(0, i + 1)) > MAX_LOCKED);
  if (locked) throw invalid("certificates.too_many_locked", { max: MAX_LOCKED }, locked.field);
  for (const part of parts) open.push(...(await unlockPart(part, password)));
  return open;
}

function countLocked(parts: readonly Part[]): number {
  const count = ({ content }: Part) =>
    typeof content !== "string" && isPkcs12(content) ? 1 : readBlocks(content).filter(({ kind }) => kind === "encrypted").length;
  return parts.reduce((sum, part) => sum + count(part), 0);
}

async function unlockPart(part: Part, password: Secret | null): Promise<Part[]> {
  const { field, content } = part;
  if (typeof content !== "string" && isPkcs12(content)) return [{ field, content: await openPkcs12(field, content, password) }];
  const locked = readBlocks(content).flatMap((block) => (block.kind === "encrypted" ? [block.pem] : []));
  if (locked.length === 0) return [part];
  if (!password) throw invalid("certificates.key_encrypted", {}, field);
  // The rest of the part is read as it is: the locked blocks are left out of it by their place.
  const text = typeof content === "string" ? content : content.toString("latin1");
  const rest = locked.reduce((left, block) => left.replace(block.trimEnd(), ""), text);
  const keys = [];
  for (const pem of locked) keys.push({ field, content: await openKey(field, pem, password) });
  return [...(/-----BEGIN /.test(rest) ? [{ field, content: rest }] : []), ...keys];
}

/** Tells a PKCS#12 file from other DER: SEQUENCE { INTEGER 3, SEQUENCE … }. */
export function isPkcs12(content: Buffer): boolean {
  return PFX.test(content.subarray(0, 12).toString("hex"));
}

async function openPkcs12(field: string, content: Buffer, password: Secret | null): Promise<string> {
  const argv = ["openssl", "pkcs12", "-nodes", "-passin", "fd:3"];
  const first = await openssl(argv, content, password?.reveal() ?? "");
  if (first.code === 0) return first.text;
  // RC2 and 3DES of old Windows servers stand in OpenSSL's legacy provider.
  const second = /mac verify/i.test(first.error) ? first : await openssl([...argv, "-legacy"], content, password?.reveal() ?? "");
  if (second.code === 0) return second.text;
  if (/mac verify/i.test(second.error)) throw invalid(password ? "certificates.password_wrong" : "certificates.password_missing", {}, "password");
  throw invalid("certificates.pkcs12_unreadable", {}, field);
}

async function openKey(field: string, pem: string, password: Secret): Promise<string> {
  const argv = ["openssl", "pkey", "-passin", "fd:3"];
  const { code, text, error } = await openssl(argv, pem, password.reveal());
  if (code === 0) return text;
  throw /bad decrypt|maybe wrong password/i.test(error)
    ? invalid("certificates.password_wrong", {}, "password")
    : invalid("certificates.unreadable", {}, field);
}

async function openssl(argv: readonly string[], stdin: Buffer | string, secret: string) {
  if (running >= MAX_AT_ONCE) throw invalid("certificates.busy", {}, "password");
  running += 1;
  try {
    const done = await runCommand({ argv, stdin, secret: `${secret}\n`, timeoutSeconds: TIMEOUT_SECONDS, maxOutputBytes: MAX_OUTPUT });
    return { code: done.timedOut || done.truncated ? 1 : done.code, text: done.stdout.toString("latin1"), error: done.stderr.toString("latin1") };
  } finally {
    running -= 1;
  }
}
