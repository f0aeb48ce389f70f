/** What people choose for a subject: who gives its certificate, how names are proven, and when to try again. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalid } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import type { CertificateSubject } from "../../generated/sqlite/client.js";
import { putInUse } from "./certificates.js";
import type { SubjectChange } from "./forms.js";
import { dropPlaces } from "./places.js";
import { readProblem } from "./problems.js";
import { getSubject, type ShownSubject, stateOf } from "./subjects.js";
import { touchKeys } from "./tlsa.js";
import { wakeDelivery } from "./wake.js";

/** Trying again sooner would only use up what the authority allows. */
const RETRY_MINUTES = 5;
const MINUTE_MS = 60_000;

/** Changes what was chosen. */
export async function editSubject(ctx: Context, services: Services, key: string, change: SubjectChange): Promise<ShownSubject> {
  return ctx.transaction(async (tx) => {
    const subject = await getSubject(tx, key, "certificates.write");
    const { source = subject.source, challenge = subject.challenge, tlsa = subject.tlsa } = change;
    if (source === subject.source && challenge === subject.challenge && tlsa === subject.tlsa) return subject;
    await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { challenge, tlsa } });
    if (source !== subject.source) await changeSource(tx, subject, source);
    await touchKeys(tx, { id: subject.id, tlsa: tlsa !== subject.tlsa || (tlsa && source !== subject.source) });
    tx.afterCommit("certificates.deliver", () => wakeDelivery(services));
    tx.audit({
      verb: "certificates.subject.changed",
      accountId: subject.accountId,
      object: { type: "certificate", id: subject.id, name: subject.title },
      old: { source: subject.source, challenge: subject.challenge, tlsa: subject.tlsa },
      new: { source, challenge, tlsa },
    });
    return getSubject(tx, subject.id);
  });
}

/** Has the job look at once; not again and again. */
export async function retrySubject(ctx: Context, key: string): Promise<ShownSubject> {
  return ctx.transaction(async (tx) => {
    const subject = await getSubject(tx, key, "certificates.write");
    if (subject.source !== "acme") throw conflict("certificates.not_automatic");
    const now = tx.clock.now();
    const last = [subject, ...subject.names].map(({ problem }) => new Date(readProblem(problem)?.at ?? 0).getTime());
    if (now.getTime() - Math.max(...last) < RETRY_MINUTES * MINUTE_MS) throw conflict("certificates.retry_soon", { minutes: RETRY_MINUTES });
    await tx.db.certificateName.updateMany({ where: { subjectId: subject.id, state: "failing" }, data: { nextAt: now } });
    await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { nextAt: now } });
    tx.audit({ verb: "certificates.subject.retried", accountId: subject.accountId, object: { type: "certificate", id: subject.id, name: subject.title } });
    return getSubject(tx, subject.id);
  });
}

async function changeSource(tx: TransactionContext, subject: ShownSubject, source: string): Promise<void> {
  const now = tx.clock.now();
  if (source === "own") return useOwn(tx, subject);
  const fresh = { source, failures: 0, problem: null };
  if (source === "none") {
    await dropPlaces(tx, subject.id, null);
    await tx.db.certificateName.updateMany({ where: { subjectId: subject.id }, data: { state: "wanted", failures: 0, problem: null, nextAt: null } });
    await tx.db.certificateSubject.update({
      where: { id: subject.id },
      data: { ...fresh, currentId: null, previousId: null, expiresAt: null, nextAt: null, state: "none" },
    });
    return;
  }
  // One that is there already goes on until the authority's own comes.
  const state = stateOf({ source, problem: null }, subject.names, subject.current);
  await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { ...fresh, nextAt: now, state } });
}

/** Tells whether there is a certificate that people gave, and that lasts. */
export async function hasOwn(ctx: Context, key: string): Promise<boolean> {
  const { id } = await getSubject(ctx, key, "certificates.write");
  return (await findOwn(ctx, id)) !== null;
}

/** Takes the last certificate again that people gave, while it lasts. */
async function useOwn(tx: TransactionContext, subject: CertificateSubject): Promise<void> {
  const own = await findOwn(tx, subject.id);
  if (!own) throw invalid("certificates.own_needed", {}, "source");
  const changed = await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { source: "own", problem: null, nextAt: null } });
  await putInUse(tx, changed, own);
}

function findOwn({ db, clock }: Context, subjectId: string) {
  return db.certificate.findFirst({ where: { subjectId, source: "own", notAfter: { gt: clock.now() }, revokedAt: null }, orderBy: { number: "desc" } });
}
