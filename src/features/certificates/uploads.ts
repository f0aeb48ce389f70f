/** A certificate that somebody brings along becomes what its subject uses. */
import type { Context } from "../../core/context.js";
import { invalid, invalidFields } from "../../core/errors.js";
import { Secret } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { addCertificate } from "./certificates.js";
import type { UploadInput } from "./forms.js";
import { type Given, type Part, readGiven } from "./given.js";
import { getSubject, type ShownSubject } from "./subjects.js";
import { unlockParts } from "./unlock.js";

export interface Upload {
  parts: Part[];
  /** Of what is encrypted. */
  password: Secret | null;
  /** Taken although it does not cover every address. */
  partial: boolean;
}

/** Judges what was brought, and uses it from now on; everything that is wrong is refused at its field. Also says what was mended. */
export async function uploadCertificate(
  ctx: Context,
  services: Services,
  key: string,
  upload: Upload,
): Promise<{ subject: ShownSubject; notes: Given["notes"] }> {
  const wanted = await getSubject(ctx, key, "certificates.write");
  const parts = await unlockParts(upload.parts, upload.password);
  const judged = readGiven({ parts, wanted: wanted.names.map(({ name }) => name), partial: upload.partial, now: ctx.clock.now() });
  if (!judged.ok) throw invalidFields(judged.faults);
  const { chain, key: pem, facts, notes } = judged.given;
  return ctx.transaction(async (tx) => {
    const subject = await getSubject(tx, wanted.id, "certificates.write");
    const changed = await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { source: "own", problem: null, nextAt: null } });
    await addCertificate(tx, services, changed, { source: "own", directory: null, chain, key: new Secret(pem), facts, renewAt: facts.notAfter, ariId: null });
    tx.audit({
      verb: "certificates.certificate.given",
      accountId: subject.accountId,
      object: { type: "certificate", id: subject.id, name: subject.title },
      new: { fingerprint: facts.fingerprint, issuer: facts.issuer, notAfter: facts.notAfter.toISOString() },
    });
    return { subject: await getSubject(tx, subject.id), notes };
  });
}

/** Reads what the API and the command line bring. */
export function uploadOf(input: UploadInput): Upload {
  const parts: Part[] = [];
  if (input.chain) parts.push({ field: "chain", content: input.chain });
  if (input.key) parts.push({ field: "key", content: input.key });
  if (input.pkcs12) {
    const content = Buffer.from(input.pkcs12, "base64");
    if (content.length === 0) throw invalid("certificates.pkcs12_unreadable", {}, "pkcs12");
    parts.push({ field: "pkcs12", content });
  }
  return { parts, password: input.password ? new Secret(input.password) : null, partial: input.partial === true };
}
