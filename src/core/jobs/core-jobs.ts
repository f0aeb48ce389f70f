/** Jobs that belong to no feature. */
import { verifyAudit } from "../audit-trail.js";
import type { JobDefinition } from "../feature.js";
import { sendMail } from "../mailer.js";

/** Proves the audit chain every night; a broken chain is a failed run. */
const auditVerify: JobDefinition = {
  name: "audit.verify",
  schedule: "17 3 * * *",
  leaseSeconds: 600,
  async run(ctx) {
    const proof = await verifyAudit(ctx.db);
    const first = proof.faults[0];
    if (first) throw new Error(`the audit chain is broken at ${first.position} (${first.fault}) and ${proof.faults.length - 1} other places`);
    return { summary: `${proof.entries} entries, ${proof.erased} erased, head ${proof.head.slice(0, 16)}` };
  },
};

/** Sends what is queued, every minute. */
const mailSend: JobDefinition = {
  name: "core.mail",
  schedule: "* * * * *",
  leaseSeconds: 600,
  async run(ctx, { env }) {
    const { sent, later, failed, idle } = await sendMail(ctx, env);
    return { summary: idle ? "no relay is set" : `${sent} sent, ${later} again later, ${failed} refused` };
  },
};

export const coreJobs: readonly JobDefinition[] = [auditVerify, mailSend];
