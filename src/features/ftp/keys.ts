/** SSH public keys as people paste them: a line of authorized_keys, a file of ssh-keygen, or what PuTTY exports (RFC 4716). Only the key itself is kept. */
import { createHash, createPublicKey } from "node:crypto";

export interface SshKey {
  type: string;
  /** base64, canonical */
  blob: string;
  bits: number;
  /** SHA256:… as OpenSSH prints it */
  fingerprint: string;
  label: string;
}

/** Why a text is no key that we take; each has its sentence `errors.key_<fault>`. */
export type KeyFault = "private" | "invalid" | "weak" | "type" | "several";
export type ParsedKey = { key: SshKey } | { fault: KeyFault };

const MAX_TEXT = 20_000;
const MAX_LABEL = 80;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 16_384; // OpenSSH's SSHBUF_MAX_BIGNUM
const CURVES: Record<string, { curve: string; jwk: string; bytes: number; bits: number }> = {
  "ecdsa-sha2-nistp256": { curve: "nistp256", jwk: "P-256", bytes: 32, bits: 256 },
  "ecdsa-sha2-nistp384": { curve: "nistp384", jwk: "P-384", bytes: 48, bits: 384 },
  "ecdsa-sha2-nistp521": { curve: "nistp521", jwk: "P-521", bytes: 66, bits: 521 },
};
const ED25519_BYTES = 32;
const UNCOMPRESSED = 0x04; // SEC 1 §2.3.3
/** Kinds that OpenSSH knows and we do not take: DSA is broken, hardware keys are not verified by the daemon, certificates are another thing. */
const OTHER_TYPES = /^(ssh-dss|sk-[a-z0-9-]+@openssh\.com|[a-z0-9-]+-cert-v01@openssh\.com)$/;
const PRIVATE = /PRIVATE KEY|PuTTY-User-Key-File/;
const RFC4716 = /^---- BEGIN SSH2 PUBLIC KEY ----\n([\s\S]*?)\n---- END SSH2 PUBLIC KEY ----$/;
/** `from="a b",restrict ssh-ed25519 AAAA… comment`: options are words that may hold quoted spaces. */
const WORD = /^(?:[^\s"]|"(?:[^"\\]|\\.)*")+/;

/** Reads one key. */
export function parseKey(typed: string): ParsedKey {
  if (typed.length > MAX_TEXT) return { fault: "invalid" };
  if (isPrivateKey(typed)) return { fault: "private" };
  const text = typed.replace(/\r\n?/g, "\n").trim();
  const exported = RFC4716.exec(text);
  if (exported) return parseExported(exported[1] ?? "");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  if (lines.length > 1) return lines.every((line) => "key" in parseLine(line)) ? { fault: "several" } : parseLine(lines.map((line) => line.trim()).join(""));
  return parseLine(lines[0] ?? "");
}

/** Tells a private key, which nobody should have sent. */
export function isPrivateKey(text: string): boolean {
  return PRIVATE.test(text);
}

/** Gives the line that daemons read. */
export function keyLine({ type, blob }: Pick<SshKey, "type" | "blob">): string {
  return `${type} ${blob}`;
}

function parseLine(line: string): ParsedKey {
  let rest = line.trim();
  // Options are dropped, whatever they say: what a login may do is said here, not in its key.
  for (let words = 0; words < 2; words += 1) {
    const [type = "", blob = "", ...comment] = rest.split(/\s+/);
    if (OTHER_TYPES.test(type)) return { fault: "type" };
    if (isKnown(type)) return parseBlob(type, blob, comment.join(" "));
    const option = WORD.exec(rest)?.[0];
    if (option === undefined) break;
    rest = rest.slice(option.length).trim();
  }
  return { fault: "invalid" };
}

/** RFC 4716 §3.3: headers `Tag: value`, continued by a backslash at the end of a line; the rest is base64. */
function parseExported(inner: string): ParsedKey {
  const lines = inner.replace(/\\\n/g, "").split("\n");
  const headers = lines.filter((line) => line.includes(":"));
  const comment = headers.find((line) => /^comment:/i.test(line))?.replace(/^comment:\s*"?(.*?)"?\s*$/i, "$1") ?? "";
  const blob = lines.filter((line) => !line.includes(":")).join("");
  const type = readFirst(Buffer.from(blob.replace(/\s/g, ""), "base64"));
  if (OTHER_TYPES.test(type)) return { fault: "type" };
  return isKnown(type) ? parseBlob(type, blob.replace(/\s/g, ""), comment) : { fault: "invalid" };
}

function parseBlob(type: string, text: string, comment: string): ParsedKey {
  const bytes = Buffer.from(text, "base64");
  const blob = bytes.toString("base64");
  // One writing for one key: what Node forgives (other alphabets, marks in between) is not the key that a daemon would read.
  if (text === "" || blob.replace(/=+$/, "") !== text.replace(/=+$/, "")) return { fault: "invalid" };
  const fields = readFields(bytes);
  if (fields === null || fields[0]?.toString("latin1") !== type) return { fault: "invalid" };
  const bits = bitsOf(type, fields.slice(1));
  if (bits === null) return { fault: "invalid" };
  if (type === "ssh-rsa" && bits < MIN_RSA_BITS) return { fault: "weak" };
  const fingerprint = `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
  return { key: { type, blob, bits, fingerprint, label: cleanLabel(comment) } };
}

/** What a person reads: nothing invisible, nothing endless. */
export function cleanLabel(comment: string): string {
  const plain = comment
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
  return [...plain].slice(0, MAX_LABEL).join("").trim();
}

function isKnown(type: string): boolean {
  return type === "ssh-ed25519" || type === "ssh-rsa" || Object.hasOwn(CURVES, type);
}

/** Splits a blob into its strings (RFC 4251 §5); null when a length lies. */
function readFields(bytes: Buffer): Buffer[] | null {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return null;
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) return null;
    fields.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

function readFirst(bytes: Buffer): string {
  return readFields(bytes)?.[0]?.toString("latin1") ?? "";
}

/** Size of the key, or null when its numbers are not a key of this type. */
function bitsOf(type: string, fields: Buffer[]): number | null {
  const [first, second] = fields;
  if (first === undefined) return null;
  if (type === "ssh-ed25519") return fields.length === 1 && first.length === ED25519_BYTES ? 256 : null;
  if (second === undefined || fields.length !== 2) return null;
  if (type === "ssh-rsa") return rsaBits(first, second);
  const known = CURVES[type];
  if (known === undefined || first.toString("latin1") !== known.curve) return null;
  return isPoint(known, second) ? known.bits : null;
}

function rsaBits(exponent: Buffer, modulus: Buffer): number | null {
  const [e, n] = [positive(exponent), positive(modulus)];
  if (e === null || n === null) return null;
  const odd = (number: Buffer) => ((number.at(-1) ?? 0) & 1) === 1;
  if (!odd(e) || !odd(n) || (e.length === 1 && (e[0] ?? 0) < 3) || e.length > n.length) return null;
  const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  return bits <= MAX_RSA_BITS ? bits : null;
}

/** An mpint (RFC 4251 §5) above zero in its shortest writing, without the sign's zero byte. */
function positive(number: Buffer): Buffer | null {
  const first = number[0];
  if (first === undefined || first > 0x7f) return null;
  if (first !== 0) return number;
  const rest = number.subarray(1);
  return (rest[0] ?? 0) > 0x7f ? rest : null;
}

function isPoint({ jwk, bytes }: { jwk: string; bytes: number }, point: Buffer): boolean {
  if (point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * bytes) return false;
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)].map((half) => half.toString("base64url"));
  try {
    // OpenSSL refuses a point that is not on its curve.
    createPublicKey({ key: { kty: "EC", crv: jwk, x, y }, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}
