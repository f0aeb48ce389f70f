/**
 * TLSA records (RFC 6698, RFC 7671): the key of a certificate, told by the signed zone. `3 1 1` names the public key, so that a renewal that keeps it changes
 * nothing. A new key is published beside the old one as soon as its certificate exists, and the old one goes when the new certificate was seen from outside:
 * whoever still has the older answer finds the old key in it, and the old certificate is served until then.
 */
import { createHash } from "node:crypto";
import type { TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import type { CertificateSubject } from "../../generated/sqlite/client.js";
import { type DerivedRecord, isRecordName, type NamedDomain, signedDomains, touchZones } from "../dns/index.js";
import { certificatesOf } from "./facts.js";

const HTTPS = "_443._tcp";
const FTP = "_21._tcp";
/** A key changes rarely, but then soon. Seconds. */
const TTL = 3600;
const END_ENTITY = 3; // RFC 7671 §5.1
const PUBLIC_KEY = 1;
const SHA256 = 1;

/** Marks the zones that tell the keys of a subject: it has another certificate, or the one before is not needed any more. */
export async function touchKeys(tx: TransactionContext, { id, tlsa }: Pick<CertificateSubject, "id" | "tlsa">): Promise<void> {
  if (!tlsa) return;
  const names = await tx.db.certificateName.findMany({ where: { subjectId: id }, select: { name: true } });
  await touchZones(
    tx,
    names.map(({ name }) => name),
  );
}

/** SHA-256 of the public key of a chain's first certificate, hexadecimal. */
export function keyDigest(chain: string): string {
  const [certificate] = certificatesOf(chain);
  if (!certificate) throw new Error("no certificate in the chain");
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** Contributes TLSA records for subjects that want them, in zones that are signed: elsewhere they would say nothing. */
export async function tlsaRecords(db: Db, domains: readonly NamedDomain[]): Promise<Map<string, DerivedRecord[]>> {
  const ids = await signedDomains(
    db,
    domains.map(({ id }) => id),
  );
  const signed = domains.filter(({ id }) => ids.has(id));
  if (signed.length === 0) return new Map();
  // From the accounts, not from the names: an end of a name is found by reading every name that there is.
  const accounts = [...new Set(signed.map(({ accountId }) => accountId))];
  const subjects = await db.certificateSubject.findMany({
    where: { OR: [{ accountId: null }, { accountId: { in: accounts } }], tlsa: true, source: { not: "none" }, currentId: { not: null } },
    include: { current: true, previous: true, names: { select: { name: true } } },
    orderBy: { id: "asc" },
  });
  const names = subjects
    .flatMap((subject) => subject.names.map(({ name }) => ({ name, subject })))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const records = new Map<string, DerivedRecord[]>();
  for (const { name, subject } of names) {
    const domain = nearest(signed, name);
    // A name of one account may lie below a domain of another; only the one who holds both is asked.
    if (!domain || (subject.accountId !== null && subject.accountId !== domain.accountId)) continue;
    const list = records.get(domain.id) ?? [];
    records.set(domain.id, list);
    const chains = [subject.current, subject.previous].filter((one) => one !== null).map(({ chain }) => chain);
    for (const digest of new Set(chains.map(keyDigest))) {
      const owner = `${subject.service === "ftp" ? FTP : HTTPS}.${name}`;
      // `_443._tcp.*.example.org` is no wildcard (RFC 4592 §2.1.1): such a name has no record.
      if (!isRecordName(owner)) continue;
      list.push({
        name: owner,
        ttl: TTL,
        data: { type: "TLSA", usage: END_ENTITY, selector: PUBLIC_KEY, matching: SHA256, certificate: digest },
        reason: { key: "certificates.dns.tlsa", data: { name } },
        needed: [{ key: "certificates.dns.tlsa_needed", data: { name } }],
      });
    }
  }
  return records;
}

function nearest(domains: readonly NamedDomain[], name: string): NamedDomain | undefined {
  return domains.filter((domain) => name === domain.name || name.endsWith(`.${domain.name}`)).sort((a, b) => b.name.length - a.name.length)[0];
}
