/** What became of a place: placed, seen, refused, taken off. A certificate that is seen at all of its places is verified. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { ErrorData } from "../../core/errors.js";
import type { Certificate, CertificatePlace } from "../../generated/sqlite/client.js";
import { nextNumber, putInUse } from "./certificates.js";
import { writeProblem } from "./problems.js";
import { backOff } from "./schedule.js";
import { touchKeys } from "./tlsa.js";

const HOUR_MS = 3_600_000;
const SOON_MS = 30_000;
/** Looks after which a certificate with which no handshake comes about makes way for the one before. */
const HOPELESS = 3;
const DAY_MS = 86_400_000;

const idOf = ({ hostId, role, name }: CertificatePlace) => ({ hostId, role, name });

/** The machine took the file; what was wanted meanwhile is another matter. */
export async function notePlaced(ctx: Context, place: CertificatePlace, number: number): Promise<void> {
  const placedAt = ctx.clock.now();
  await ctx.db.certificatePlace.updateMany({ where: { ...idOf(place), wantedId: place.wantedId }, data: { placedId: place.wantedId, placedAt, number } });
}

/** Nothing of ours lies there any more. */
export async function noteTakenOff(ctx: Context, place: CertificatePlace): Promise<void> {
  await ctx.db.certificatePlace.deleteMany({ where: { ...idOf(place), wantedId: place.wantedId } });
}

/** It is shown. Always true, so that it can be counted. */
export async function noteVerified(ctx: Context, place: CertificatePlace, certificate: Certificate): Promise<true> {
  await ctx.transaction(async (tx) => {
    const now = tx.clock.now();
    const data = { verifiedAt: now, problem: null, failures: 0, nextAt: null };
    const { count } = await tx.db.certificatePlace.updateMany({ where: { ...idOf(place), wantedId: certificate.id }, data });
    if (count === 0) return;
    const unseen = await tx.db.certificatePlace.count({ where: { wantedId: certificate.id, verifiedAt: null } });
    if (unseen > 0) return;
    await tx.db.certificate.updateMany({ where: { id: certificate.id, verifiedAt: null }, data: { verifiedAt: now } });
    // The way back is not needed any more.
    const subject = await tx.db.certificateSubject.findUnique({ where: { currentId: certificate.id } });
    if (!subject?.previousId) return;
    await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { previousId: null } });
    await touchKeys(tx, subject);
  });
  return true;
}

/** It is not as it should be; what lay there before goes on being shown. A number that the machine finds too small is grown. */
export async function failPlace(ctx: Context, place: CertificatePlace, problem: { code: string; data: ErrorData }, older = false): Promise<void> {
  await ctx.transaction(async (tx) => {
    const now = tx.clock.now();
    const failures = place.failures + 1;
    // The first time may be a program that has not read its files yet.
    const pause = failures === 1 ? SOON_MS : Math.min(backOff(failures - 1, place.name), HOUR_MS);
    const data = { failures, problem: writeProblem(problem.code, problem.data, now), nextAt: new Date(now.getTime() + pause) };
    await tx.db.certificatePlace.updateMany({ where: { ...idOf(place), wantedId: place.wantedId }, data });
    if (problem.code === "certificates.no_handshake" && failures >= HOPELESS && place.wantedId) await wayBack(tx, place.wantedId, problem);
    if (older && place.wantedId) await tx.db.certificate.updateMany({ where: { id: place.wantedId }, data: { number: await nextNumber(tx) } });
  });
}

/** The certificate before is shown again, under a greater number; the next one is asked for later. */
async function wayBack(tx: TransactionContext, certificateId: string, problem: { code: string; data: ErrorData }): Promise<void> {
  const subject = await tx.db.certificateSubject.findUnique({ where: { currentId: certificateId }, include: { previous: true } });
  const before = subject?.previous;
  if (!before || before.revokedAt || before.notAfter <= tx.clock.now()) return;
  const numbered = await tx.db.certificate.update({ where: { id: before.id }, data: { number: await nextNumber(tx), verifiedAt: null } });
  await putInUse(tx, subject, numbered);
  const now = tx.clock.now();
  const told = { problem: writeProblem(problem.code, problem.data, now), state: "failing", failures: 1, nextAt: new Date(now.getTime() + DAY_MS) };
  await tx.db.certificateSubject.update({ where: { id: subject.id }, data: told });
  tx.audit({
    verb: "certificates.certificate.put_back",
    accountId: subject.accountId,
    object: { type: "certificate", id: subject.id, name: subject.title },
    new: { fingerprint: before.fingerprint, number: numbered.number },
  });
}
