/** Certificates and keys as texts and bytes: what stands in them, without judging it. Pure, so that any bytes can be tried on it. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** What one block of a file is. */
export type Block = CertificateBlock | KeyBlock | LockedBlock | StrangeBlock;
export interface CertificateBlock {
  kind: "certificate";
  certificate: X509Certificate;
}
export interface KeyBlock {
  kind: "key";
  key: KeyObject;
}
export interface LockedBlock {
  kind: "encrypted";
  pem: string;
}
export interface StrangeBlock {
  kind: Stranger;
}
/** Things that people send in place of a certificate. */
export type Stranger = "request" | "publicKey" | "bundle" | "broken";

const MAX_BLOCKS = 40;
const LINE = 64;
const CURVE_BITS: Record<string, number> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

/** Kind and strength of a key; a kind that browsers do not read has 0 bits. */
export function keySize(key: KeyObject): { type: string; bits: number } {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details = {} } = key;
  if (type === "rsa") return { type, bits: details.modulusLength ?? 0 };
  if (type === "ec") return { type, bits: CURVE_BITS[details.namedCurve ?? ""] ?? 0 };
  return { type, bits: 0 };
}

/** Tells whether a certificate signed itself. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && signedBy(certificate, certificate);
}

/** Tells whether `issuer` signed `certificate`; a key that OpenSSL cannot use signed nothing. */
export function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Writes certificates as PEM, one after the other. */
export function chainText(chain: readonly X509Certificate[]): string {
  return chain.map(({ raw }) => armour("CERTIFICATE", raw)).join("");
}

/** Reads everything that a text or file holds: PEM blocks in any order with anything around them, or one thing in DER. */
export function readBlocks(given: Buffer | string): Block[] {
  if (typeof given !== "string" && given[0] === 0x30) return [derBlock(given)];
  const text = typeof given === "string" ? given : decoded(given);
  const blocks: Block[] = [];
  let at = 0;
  while (blocks.length < MAX_BLOCKS) {
    const begin = /-----BEGIN ([A-Z0-9 ]{1,40})-----/g;
    begin.lastIndex = at;
    const found = begin.exec(text);
    if (!found) break;
    const [opening, label = ""] = found;
    const start = found.index + opening.length;
    const end = text.indexOf(`-----END ${label}-----`, start);
    if (end < 0) return [...blocks, { kind: "broken" }];
    blocks.push(...pemBlock(label, text.slice(start, end)));
    at = end;
  }
  return blocks;
}

/** PowerShell writes UTF-16 with its mark. */
function decoded(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.subarray(2).toString("utf16le") : bytes.toString("latin1");
}

function pemBlock(label: string, inside: string): Block[] {
  if (label === "ENCRYPTED PRIVATE KEY" || /Proc-Type:\s*4,\s*ENCRYPTED/.test(inside))
    return [{ kind: "encrypted", pem: `-----BEGIN ${label}-----${inside}-----END ${label}-----\n` }];
  if (label.endsWith("CERTIFICATE REQUEST")) return [{ kind: "request" }];
  if (label === "PUBLIC KEY" || label === "RSA PUBLIC KEY") return [{ kind: "publicKey" }];
  if (label === "PKCS7") return [{ kind: "bundle" }];
  const bytes = Buffer.from(inside.replace(/\s+/g, ""), "base64");
  if (label === "CERTIFICATE" || label === "X509 CERTIFICATE") return [readCertificate(bytes) ?? { kind: "broken" }];
  if (label.endsWith("PRIVATE KEY")) return [readKey(bytes) ?? { kind: "broken" }];
  return []; // parameters and the like, which stand beside keys and say nothing of their own
}

function derBlock(bytes: Buffer): Block {
  return readCertificate(bytes) ?? readKey(bytes) ?? { kind: "broken" };
}

function readCertificate(bytes: Buffer): Block | null {
  try {
    const certificate = new X509Certificate(bytes);
    // A key that cannot be read shows itself only when it is asked for.
    keySize(certificate.publicKey);
    return { kind: "certificate", certificate };
  } catch {
    return null;
  }
}

function readKey(bytes: Buffer): Block | null {
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return { kind: "key", key: createPrivateKey({ key: bytes, format: "der", type }) };
    } catch {
      // Not of this form; the next one may fit.
    }
  }
  return null;
}

function armour(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
