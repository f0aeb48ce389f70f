/** A certificate that somebody brings along: judged as a whole, each fault at its field. Pure: what is encrypted was opened before (unlock.ts). */
import { type KeyObject, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import type { ErrorData, FieldError } from "../../core/errors.js";
import { type CertificateFacts, certificateFacts } from "./facts.js";
import { covers } from "./names.js";
import { type Block, type CertificateBlock, chainText, isSelfSigned, type KeyBlock, keySize, readBlocks, signedBy } from "./pem.js";
import { signatureOf } from "./signature.js";

/** One field of the form with what came in it. */
export interface Part {
  field: string;
  content: Buffer | string;
}

export interface GivenInput {
  parts: readonly Part[];
  /** Addresses that the certificate shall serve. */
  wanted: readonly string[];
  /** Taken although some addresses are not on it. */
  partial: boolean;
  now: Date;
}

/** A certificate fit for use. */
export interface Given {
  /** The site's own first, then who signed it, in order; without the root, which browsers have. */
  chain: string;
  /** PKCS#8 PEM. */
  key: string;
  facts: CertificateFacts;
  /** What was mended or should be known: `order_mended`, `ends_soon` … */
  notes: { code: string; data: ErrorData }[];
}

export type Judged = { ok: true; given: Given } | { ok: false; faults: FieldError[] };

/** The most that is read of one field; a chain with its key is 10 kB. */
export const MAX_GIVEN_BYTES = 65_536;
const MIN_RSA = 2048; // CA/Browser Forum Baseline Requirements §6.1.5
const MAX_RSA = 4096; // above that each visit costs the machine more than a page
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
const MAX_CHAIN = 8;
/** Certificates of one name that are tried as the signer: each costs a signature, and who writes them chooses how much. */
const MAX_SIGNERS = 4;
const SERVER_USE = "1.3.6.1.5.5.7.3.1"; // id-kp-serverAuth, RFC 5280 §4.2.1.12
// id-pe-tlsfeature in DER, RFC 7633 ("must staple"): browsers refuse it where no OCSP answer comes with it, and no machine of ours staples.
const MUST_STAPLE = Buffer.from("06082b06010505070118", "hex");
const STRANGERS = { request: "request_given", publicKey: "public_key_given", bundle: "bundle_given", broken: "unreadable" } as const;

interface Found<B extends Block> {
  field: string;
  block: B;
}
type Fault = (field: string, code: string, data?: ErrorData) => void;

/** Judges what was given; everything that is wrong comes back at once. */
export function readGiven(input: GivenInput): Judged {
  const faults: FieldError[] = [];
  const fault: Fault = (field, code, data = {}) => void faults.push({ field, code: `certificates.${code}`, data });
  const found = input.parts.flatMap(({ field, content }) => readPart(field, content, fault));
  const certificates = found.filter((one): one is Found<CertificateBlock> => one.block.kind === "certificate");
  const keys = found.filter((one): one is Found<KeyBlock> => one.block.kind === "key");
  const where = (fallback: string) => input.parts.find(({ field }) => field === fallback)?.field ?? input.parts[0]?.field ?? fallback;
  if (faults.length > 0) return { ok: false, faults };
  if (certificates.length === 0) fault(where("chain"), "certificate_missing");
  if (keys.length === 0) fault(where("key"), "key_missing");
  if (faults.length > 0) return { ok: false, faults };

  const pair = matching(certificates, keys);
  if (!pair) fault(keys[0]?.field ?? "key", "key_mismatch", { names: certificateFacts(leafOf(certificates)).names.slice(0, 5).join(", ") || "?" });
  const leaf = pair?.certificate ?? { field: certificates[0]?.field ?? "chain", certificate: leafOf(certificates) };
  const facts = certificateFacts(leaf.certificate);
  judgeCertificate(leaf, facts, input, fault);
  const pool = certificates.map(({ block }) => block.certificate);
  const { chain, end } = chainOf(leaf.certificate, pool);
  if (end === "open") fault(leaf.field, "chain_incomplete", { issuer: facts.issuer });
  if (faults.length > 0 || !pair) return { ok: false, faults };
  return { ok: true, given: { chain: chainText(chain), key: keyText(pair.key), facts, notes: notesOf(facts, chain, pool, end, input) } };
}

function readPart(field: string, content: Buffer | string, fault: Fault): Found<Block>[] {
  if (content.length > MAX_GIVEN_BYTES) {
    fault(field, "too_much", { kilobytes: MAX_GIVEN_BYTES / 1024 });
    return [];
  }
  const blocks = readBlocks(content);
  if (blocks.length === 0 && content.length > 0) fault(field, "unreadable");
  for (const block of blocks) {
    if (block.kind === "encrypted") fault(field, "key_encrypted");
    if (block.kind in STRANGERS) fault(field, STRANGERS[block.kind as keyof typeof STRANGERS]);
  }
  return blocks.map((block) => ({ field, block }));
}

/** The certificate of the site, when no key says which one it is. */
function leafOf(certificates: readonly Found<CertificateBlock>[]): X509Certificate {
  const [first] = certificates;
  const leaf = certificates.find(({ block }) => !block.certificate.ca) ?? first;
  if (!leaf) throw new Error("no certificate was given");
  return leaf.block.certificate;
}

function matching(certificates: readonly Found<CertificateBlock>[], keys: readonly Found<KeyBlock>[]) {
  for (const key of keys)
    for (const { field, block } of certificates)
      if (fits(block.certificate, key.block.key)) return { certificate: { field, certificate: block.certificate }, key: key.block.key };
  return null;
}

function fits(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function judgeCertificate(
  { field, certificate }: { field: string; certificate: X509Certificate },
  facts: CertificateFacts,
  input: GivenInput,
  fault: Fault,
): void {
  if (certificate.ca) fault(field, "is_authority", { issuer: facts.issuer });
  judgeDates(field, facts, input.now, fault);
  judgeKey(field, certificate.publicKey, fault);
  const signature = signatureOf(certificate.raw);
  if (signature.weak) fault(field, "signature_weak", { algorithm: signature.name });
  if (certificate.keyUsage && !certificate.keyUsage.includes(SERVER_USE)) fault(field, "purpose");
  if (certificate.raw.includes(MUST_STAPLE)) fault(field, "staple_required");
  if (certificate.ca) return;
  const missing = input.wanted.filter((name) => !covers(facts.names, name));
  if (facts.names.length === 0) fault(field, "names_none");
  else if (missing.length === input.wanted.length && missing.length > 0) fault(field, "names_other", { names: few(facts.names), wanted: few(missing) });
  else if (missing.length > 0 && !input.partial) fault(field, "names_missing", { count: missing.length, names: few(missing) });
}

function judgeDates(field: string, { notBefore, notAfter }: CertificateFacts, now: Date, fault: Fault): void {
  if (Number.isNaN(notAfter.getTime()) || Number.isNaN(notBefore.getTime())) fault(field, "unreadable");
  else if (notAfter <= now) fault(field, "expired", { date: day(notAfter) });
  else if (notBefore > now) fault(field, "not_yet_valid", { date: day(notBefore) });
}

function judgeKey(field: string, key: KeyObject, fault: Fault): void {
  const { type, bits } = keySize(key);
  if (bits === 0) fault(field, "key_kind");
  else if (type === "rsa" && bits < MIN_RSA) fault(field, "key_weak", { bits, min: MIN_RSA });
  else if (type === "rsa" && bits > MAX_RSA) fault(field, "key_large", { bits, max: MAX_RSA });
}

type End = "known" | "root" | "private" | "open" | "self";

/** Puts a chain in order, and says where it ends: at an authority that browsers know, at a root of its own, or in the air. */
export function chainOf(leaf: X509Certificate, pool: readonly X509Certificate[]): { chain: X509Certificate[]; end: End } {
  const chain = [leaf];
  if (isSelfSigned(leaf)) return { chain, end: "self" };
  for (;;) {
    const last = chain.at(-1) ?? leaf;
    const issuer = pool
      .filter((one) => !chain.includes(one) && last.checkIssued(one))
      .slice(0, MAX_SIGNERS)
      .find((one) => signedBy(last, one));
    if (!issuer || chain.length > MAX_CHAIN) break;
    if (isSelfSigned(issuer)) return { chain, end: isKnownRoot(issuer) ? "known" : "root" };
    chain.push(issuer);
  }
  const last = chain.at(-1) ?? leaf;
  if (knownRoots().some((root) => last.issuer === root.subject && signedBy(last, root))) return { chain, end: "known" };
  // Who says where the certificate of its signer lies wants it to be sent along; a private authority says nothing. A signer of that name that did not sign is none.
  const wanted = last.infoAccess?.includes("CA Issuers") || pool.some((one) => one.subject === last.issuer);
  return { chain, end: wanted ? "open" : "private" };
}

let roots: X509Certificate[] | null = null;

/** The authorities that browsers know, as Node brings them from Mozilla; read when the first certificate is judged. */
function knownRoots(): X509Certificate[] {
  roots ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return roots;
}

function isKnownRoot(certificate: X509Certificate): boolean {
  return knownRoots().some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256);
}

function notesOf(
  facts: CertificateFacts,
  chain: readonly X509Certificate[],
  pool: readonly X509Certificate[],
  end: End,
  { wanted, now }: GivenInput,
): Given["notes"] {
  const notes: Given["notes"] = [];
  const given = pool.filter((one) => chain.includes(one));
  if (given.some((one, i) => one !== chain[i])) notes.push({ code: "order_mended", data: {} });
  if (end === "root" || end === "private") notes.push({ code: "authority_unknown", data: { issuer: facts.issuer } });
  if (end === "self") notes.push({ code: "self_signed", data: {} });
  const missing = wanted.filter((name) => !covers(facts.names, name));
  if (missing.length > 0) notes.push({ code: "partial", data: { names: few(missing) } });
  if (facts.notAfter.getTime() - now.getTime() < SOON_DAYS * DAY_MS) notes.push({ code: "ends_soon", data: { date: day(facts.notAfter) } });
  return notes;
}

function keyText(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown}…` : shown;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
