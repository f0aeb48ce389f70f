/** Taking a certificate back (RFC 8555 §7.6): for when its key may have been seen, or it serves nobody any more. A new one with a new key is asked for at once. */
import type { Context } from "../../core/context.js";
import { conflict, invalid, isRefusal } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { AcmeFault } from "./acme/fault.js";
import { openAccount, refusalOf } from "./authorities.js";
import type { RevocationInput } from "./forms.js";
import { getSubject, type ShownSubject } from "./subjects.js";

/** RFC 5280 §5.3.1 */
const REASONS = { seen: 1, replaced: 4, over: 5 } as const;

/** Revokes the certificate in use at its authority, and has the next one asked for. */
export async function revokeCertificate(ctx: Context, services: Services, key: string, { reason }: RevocationInput): Promise<ShownSubject> {
  const { current, id } = await getSubject(ctx, key, "certificates.write");
  if (!current) throw conflict("certificates.revoke_nothing");
  if (current.revokedAt) throw conflict("certificates.revoked_already");
  // One that people brought has an authority that knows them, not us.
  const account = current.directory === null ? null : await ctx.db.acmeAccount.findUnique({ where: { directory: current.directory } });
  if (!account) throw conflict("certificates.revoke_elsewhere");
  try {
    const { client } = await openAccount(services, account);
    await client.revokeCertificate(current.chain, { reason: REASONS[reason] });
  } catch (error) {
    if (isRefusal(error) || !(error instanceof AcmeFault)) throw error;
    if (!/alreadyRevoked/.test(error.type)) throw refusalOf(error);
  }
  return ctx.transaction(async (tx) => {
    const subject = await getSubject(tx, id, "certificates.write");
    const now = tx.clock.now();
    // The next one is due now, whatever the authority suggests for this one.
    await tx.db.certificate.update({ where: { id: current.id }, data: { revokedAt: now, renewAt: now, ariId: null } });
    if (subject.source === "acme") await tx.db.certificateSubject.update({ where: { id }, data: { nextAt: now } });
    tx.audit({
      verb: "certificates.certificate.revoked",
      accountId: subject.accountId,
      object: { type: "certificate", id, name: subject.title },
      old: { fingerprint: current.fingerprint, number: current.number },
      new: { reason },
    });
    return getSubject(tx, id);
  });
}

/** Tells whether a certificate can be taken back from here. */
export function mayRevoke({ current }: Pick<ShownSubject, "current">): boolean {
  return current !== null && current.directory !== null && current.revokedAt === null;
}

/** Refuses a reason that is none, for those who have no form. */
export function parseReason(word: string): RevocationInput["reason"] {
  if (word === "seen" || word === "replaced" || word === "over") return word;
  throw invalid("certificates.reason_unknown", {}, "reason");
}
