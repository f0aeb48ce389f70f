/** Asks for the certificates whose time has come: a batch, a few at once, as long as the authority is there. */
import type { Context } from "../../core/context.js";
import type { Services } from "../../core/services.js";
import { AcmeFault } from "./acme/fault.js";
import { attempt, noteOurFault } from "./attempts.js";
import { forgetOrders } from "./budget.js";
import { hideForgotten } from "./dns-proof.js";
import { dueRanges } from "./schedule.js";
import { openSession, pause, type Session } from "./sessions.js";
import { followPanel, LIVE } from "./subjects.js";
import { placeThumbprints } from "./thumbprints.js";

const BATCH = 200;
const AT_ONCE = 4;

/** Looks at what is due. Gives what was done, in a few words. */
export async function renewDue(ctx: Context, services: Services): Promise<string> {
  await followPanel(ctx, services);
  await hideForgotten(ctx);
  const now = ctx.clock.now();
  const due: { id: string }[] = [];
  for (const nextAt of dueRanges(now)) {
    const where = { AND: [LIVE, { source: "acme", nextAt }] };
    due.push(...(await ctx.db.certificateSubject.findMany({ where, orderBy: { nextAt: "asc" }, select: { id: true }, take: BATCH - due.length })));
  }
  if (due.length === 0) return "nothing due";
  const opened = await openSession(ctx, services);
  if (opened.state !== "open") return `${due.length} due, authority: ${opened.state}`;
  await forgetOrders(ctx.db, now);
  const session = { ...opened.session, unready: await placeThumbprints(ctx, services) };
  return attemptAll(
    ctx,
    services,
    session,
    due.map(({ id }) => id),
  );
}

async function attemptAll(ctx: Context, services: Services, session: Session, ids: readonly string[]): Promise<string> {
  const waiting = [...ids];
  const counts = { obtained: 0, failed: 0, nothing: 0 };
  let away: AcmeFault | null = null;
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined && away === null; id = waiting.shift()) {
      try {
        counts[await attempt(ctx, services, session, id)] += 1;
      } catch (error) {
        if (error instanceof AcmeFault) away = error;
        // One that cannot be asked for must not keep the others from it.
        else await letDown(ctx, id, error);
        counts.failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (away !== null) await pause(ctx, session.account, away);
  return `${counts.obtained} obtained, ${counts.failed} failed, ${counts.nothing} looked at`;
}

async function letDown(ctx: Context, subjectId: string, error: unknown): Promise<void> {
  ctx.log.error({ err: error, subjectId }, "a certificate was not asked for");
  await noteOurFault(ctx, subjectId).catch((again: unknown) => ctx.log.error({ err: again, subjectId }, "that was not noted"));
}
