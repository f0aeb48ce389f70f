/** Certificates: each new one has its number, is what its subject uses from now on, and goes to its places. */
import { randomUUID } from "node:crypto";
import type { TransactionContext } from "../../core/context.js";
import { type Secret, seal, unseal } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import type { Certificate, CertificateSubject } from "../../generated/sqlite/client.js";
import type { CertificateFacts } from "./facts.js";
import { covers } from "./names.js";
import { wantPlaces } from "./places.js";
import { touchKeys } from "./tlsa.js";
import { wakeDelivery } from "./wake.js";

const MINUTE_MS = 60_000;
/** Certificates of a subject that are kept; older ones are forgotten. */
const KEPT = 5;

/** What the form or the authority gave, checked. */
export interface NewCertificate {
  source: "acme" | "own";
  /** The directory that it came from; null: given by people. */
  directory: string | null;
  /** PEM, the certificate first. */
  chain: string;
  /** PEM, without a passphrase. */
  key: Secret;
  facts: CertificateFacts;
  renewAt: Date;
  ariId: string | null;
}

/** Makes a certificate what its subject uses; the one before is kept until this one is verified from outside. */
export async function addCertificate(tx: TransactionContext, services: Services, subject: CertificateSubject, given: NewCertificate): Promise<Certificate> {
  const { facts } = given;
  const id = randomUUID();
  const certificate = await tx.db.certificate.create({
    data: {
      id,
      subjectId: subject.id,
      number: await nextNumber(tx),
      source: given.source,
      directory: given.directory,
      names: facts.names,
      chain: given.chain,
      key: seal(services.env.keys, keyPlace({ id }), given.key),
      fingerprint: facts.fingerprint,
      issuer: facts.issuer,
      serial: facts.serial,
      notBefore: facts.notBefore,
      notAfter: facts.notAfter,
      renewAt: given.renewAt,
      ariId: given.ariId,
      createdAt: tx.clock.now(),
    },
  });
  await putInUse(tx, subject, certificate);
  // Whoever asked in a browser waits for it. A command ends before it would be done, and the job that asks delivers by itself.
  if (tx.actor.kind === "user") tx.afterCommit("certificates.deliver", () => wakeDelivery(services));
  return certificate;
}

/** Makes a certificate that is there already (again) what its subject uses. */
export async function putInUse(tx: TransactionContext, subject: CertificateSubject, certificate: Certificate): Promise<void> {
  const names = await tx.db.certificateName.findMany({ where: { subjectId: subject.id } });
  const covered = names.filter(({ name }) => covers(certificate.names as string[], name)).map(({ name }) => name);
  await tx.db.certificateName.updateMany({
    where: { subjectId: subject.id, name: { in: covered } },
    data: { state: "covered", failures: 0, problem: null, nextAt: null },
  });
  const before = subject.currentId ? await tx.db.certificate.findUnique({ where: { id: subject.currentId } }) : null;
  // One that nobody ever saw from outside is no way back.
  const previousId = before?.verifiedAt && before.id !== certificate.id ? before.id : subject.previousId;
  const changed = await tx.db.certificateSubject.update({
    where: { id: subject.id },
    data: {
      currentId: certificate.id,
      previousId: previousId === certificate.id ? null : previousId,
      expiresAt: certificate.notAfter,
      state: covered.length === names.length ? "valid" : "partial",
      failures: 0,
      toldDays: null,
    },
  });
  await forgetOld(tx, changed);
  await wantPlaces(tx, changed.id);
  await touchKeys(tx, changed);
  await tx.emit("certificates.changed", { subjectId: subject.id, accountId: subject.accountId, siteId: subject.siteId, names: covered });
}

/** Opens the key of a certificate; only what carries it to a machine may. */
export function keyOf(services: Services, certificate: Pick<Certificate, "id" | "key">): Secret {
  return unseal(services.env.keys, keyPlace(certificate), certificate.key);
}

/**
 * Numbers only grow, and by the clock too (minutes since 1970): where the database is an older copy, a machine that knows a greater number
 * would refuse every certificate.
 */
export async function nextNumber(tx: TransactionContext): Promise<number> {
  const [certificates, places] = await Promise.all([
    tx.db.certificate.aggregate({ _max: { number: true } }),
    tx.db.certificatePlace.aggregate({ _max: { number: true } }),
  ]);
  const last = Math.max(certificates._max.number ?? 0, places._max.number ?? 0);
  return Math.max(last + 1, Math.floor(tx.clock.now().getTime() / MINUTE_MS));
}

async function forgetOld(tx: TransactionContext, subject: CertificateSubject): Promise<void> {
  const all = await tx.db.certificate.findMany({ where: { subjectId: subject.id }, orderBy: { number: "desc" }, select: { id: true } });
  // A name that newer ones leave out goes on with the one that it has.
  const wanted = await tx.db.certificatePlace.findMany({ where: { wantedId: { in: all.map(({ id }) => id) } }, select: { wantedId: true } });
  const used = [subject.currentId, subject.previousId, ...wanted.map(({ wantedId }) => wantedId)];
  const old = all.slice(KEPT).filter(({ id }) => !used.includes(id));
  await tx.db.certificate.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
}

function keyPlace({ id }: { id: string }) {
  return { table: "Certificate", row: id, column: "key" };
}
