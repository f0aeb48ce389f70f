/** Places: which file should lie on which machine for which name. A row outlives its certificate, so that the file is taken off. */
import type { TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import type { CertificatePlace, CertificateSubject } from "../../generated/sqlite/client.js";
import { placeOf, webHostsOf } from "../accounts/index.js";
import { covers } from "./names.js";

/** `hostId` of the panel's own files. */
export const PANEL = "panel";
/** What a machine needs certificates for, and by which of its roles. */
const ROLE_OF: Record<string, string> = { ftp: "ftp" };
const WEB_ROLE = "web";

/** One program of one machine that shows certificates. */
export interface Target {
  hostId: string;
  /** Role of the daemons that take the file; `panel` for the panel itself. */
  role: string;
}

/** Where the certificates of a subject are shown. */
export async function targetsOf(db: Db, subject: Pick<CertificateSubject, "accountId" | "siteId" | "hostId" | "service">): Promise<Target[]> {
  if (subject.siteId && subject.accountId) return webHostsOf(await placeOf(db, subject.accountId)).map((hostId) => ({ hostId, role: WEB_ROLE }));
  if (subject.service === PANEL) return [{ hostId: PANEL, role: PANEL }];
  const role = ROLE_OF[subject.service ?? ""];
  return subject.hostId && role ? [{ hostId: subject.hostId, role }] : [];
}

/** Places at which these certificates are wanted. */
export async function placesOf(db: Db, certificateIds: readonly string[]): Promise<CertificatePlace[]> {
  return db.certificatePlace.findMany({ where: { wantedId: { in: [...certificateIds] } } });
}

/** Wants the current certificate at each place of each name that it covers; a name that it leaves out keeps what it has. */
export async function wantPlaces(tx: TransactionContext, subjectId: string): Promise<void> {
  const subject = await tx.db.certificateSubject.findUniqueOrThrow({ where: { id: subjectId }, include: { names: true, current: true } });
  const { current, names } = subject;
  if (!current) return;
  const targets = await targetsOf(tx.db, subject);
  await leaveOthers(tx, subject.id, targets);
  for (const { hostId, role } of targets) {
    for (const { name } of names.filter((one) => covers(current.names as string[], one.name))) {
      const key = { hostId, role, name };
      const known = await tx.db.certificatePlace.findUnique({ where: { hostId_role_name: key } });
      if (known?.wantedId === current.id) continue;
      const wanted = { wantedId: current.id, verifiedAt: null, problem: null, failures: 0, nextAt: tx.clock.now() };
      await tx.db.certificatePlace.upsert({ where: { hostId_role_name: key }, create: { ...key, ...wanted }, update: wanted });
    }
  }
}

/** Wants at each place of a subject what is wanted at any other: its machines have changed, and also a name that keeps an older certificate goes along. */
export async function spreadPlaces(tx: TransactionContext, subjectId: string): Promise<void> {
  const subject = await tx.db.certificateSubject.findUniqueOrThrow({ where: { id: subjectId } });
  const targets = await targetsOf(tx.db, subject);
  const certificates = await tx.db.certificate.findMany({ where: { subjectId }, select: { id: true } });
  const places = await placesOf(
    tx.db,
    certificates.map(({ id }) => id),
  );
  for (const { hostId, role } of targets) {
    const here = new Set(places.filter((place) => place.hostId === hostId && place.role === role).map(({ name }) => name));
    for (const { name, wantedId } of places.filter((place) => place.role === role && !here.has(place.name))) {
      here.add(name);
      const wanted = { wantedId, verifiedAt: null, problem: null, failures: 0, nextAt: tx.clock.now() };
      const key = { hostId, role, name };
      await tx.db.certificatePlace.upsert({ where: { hostId_role_name: key }, create: { ...key, ...wanted }, update: wanted });
    }
  }
  await leaveOthers(tx, subjectId, targets);
}

/** Names of an account whose certificate was not yet seen from outside on this machine. */
export async function unseenOn(db: Db, accountId: string, hostId: string): Promise<string[]> {
  const certificates = await db.certificate.findMany({ where: { subject: { accountId } }, select: { id: true } });
  const places = await placesOf(
    db,
    certificates.map(({ id }) => id),
  );
  return places.filter((place) => place.hostId === hostId && place.verifiedAt === null).map(({ name }) => name);
}

/** Takes files of a subject off: those of some names, or all of them. */
export async function dropPlaces(tx: TransactionContext, subjectId: string, names: readonly string[] | null): Promise<void> {
  const certificates = await tx.db.certificate.findMany({ where: { subjectId }, select: { id: true } });
  await tx.db.certificatePlace.updateMany({
    where: { wantedId: { in: certificates.map(({ id }) => id) }, ...(names ? { name: { in: [...names] } } : {}) },
    data: { wantedId: null, verifiedAt: null, problem: null, failures: 0, nextAt: tx.clock.now() },
  });
}

/** The subject moved to another machine: the one before forgets its certificates. */
async function leaveOthers(tx: TransactionContext, subjectId: string, targets: readonly Target[]): Promise<void> {
  const certificates = await tx.db.certificate.findMany({ where: { subjectId }, select: { id: true } });
  const places = await tx.db.certificatePlace.findMany({ where: { wantedId: { in: certificates.map(({ id }) => id) } } });
  for (const { hostId, role, name } of places.filter((place) => !targets.some((one) => one.hostId === place.hostId && one.role === place.role))) {
    await tx.db.certificatePlace.update({
      where: { hostId_role_name: { hostId, role, name } },
      data: { wantedId: null, verifiedAt: null, problem: null, failures: 0, nextAt: tx.clock.now() },
    });
  }
}
