/** A while in which an authority is asked: whether it is there, whether its clock and ours agree, and how long it is left alone when not. */
import type { Context } from "../../core/context.js";
import type { ErrorData } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import type { AcmeAccount } from "../../generated/sqlite/client.js";
import type { Authority } from "./acme/authority.js";
import { type Directory, readDirectory } from "./acme/directory.js";
import { AcmeFault } from "./acme/fault.js";
import { createTransport } from "./acme/transport.js";
import { currentAccount, openAccount } from "./authorities.js";
import { writeProblem } from "./problems.js";
import { backOff, isAhead } from "./schedule.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** More than this, and renewals, ends and alerts would all be wrong. */
const MAX_SKEW_MS = HOUR_MS;
const CLOCK_PAUSE_MS = 15 * MINUTE_MS;
const MAX_DOWN_PAUSE_MS = HOUR_MS;

export interface Session {
  account: AcmeAccount;
  authority: Authority;
  directory: Directory;
  /** Web machines that could not be given the thumbprint. */
  unready: ReadonlySet<string>;
}

export type Opened = { state: "open"; session: Session } | { state: "none" } | { state: "paused"; until: Date } | { state: "away" };

/** Opens a session with the authority in use, unless it is left alone for now. */
export async function openSession(ctx: Context, services: Services): Promise<Opened> {
  const account = await currentAccount(ctx.db);
  if (!account?.url) return { state: "none" };
  const now = ctx.clock.now();
  if (account.pausedUntil && isAhead(account.pausedUntil, now)) return { state: "paused", until: account.pausedUntil };
  let directory: Directory;
  try {
    directory = await readDirectory(createTransport(services.env), account.directory);
  } catch (error) {
    if (!(error instanceof AcmeFault)) throw error;
    await pause(ctx, account, error);
    return { state: "away" };
  }
  const skew = directory.date === null ? 0 : now.getTime() - directory.date.getTime();
  if (Math.abs(skew) > MAX_SKEW_MS) {
    const data = { hours: Math.round(Math.abs(skew) / HOUR_MS), ours: now.toISOString(), theirs: directory.date?.toISOString() ?? "" };
    await rest(ctx, account, { code: skew > 0 ? "certificates.clock_ahead" : "certificates.clock_behind", data }, CLOCK_PAUSE_MS);
    return { state: "away" };
  }
  if (account.problem !== null || account.pauses > 0)
    await ctx.db.acmeAccount.update({ where: { id: account.id }, data: { problem: null, pauses: 0, pausedUntil: null } });
  return { state: "open", session: { account, authority: await openAccount(services, account), directory, unready: new Set<string>() } };
}

/** Leaves an authority alone for a while because of what it did. */
export async function pause(ctx: Context, account: AcmeAccount, fault: AcmeFault): Promise<void> {
  const host = new URL(account.directory).host;
  const asked = fault.retryAfterSeconds === null ? null : Math.min(fault.retryAfterSeconds * 1000, DAY_MS);
  const code =
    fault.kind === "down" ? "certificates.authority_away" : fault.kind === "limited" ? "certificates.authority_limited" : "certificates.authority_refused";
  await rest(ctx, account, { code, data: { host, detail: fault.detail || fault.type } }, asked);
}

async function rest(ctx: Context, account: AcmeAccount, problem: { code: string; data: ErrorData }, askedMs: number | null): Promise<void> {
  const now = ctx.clock.now();
  const row = await ctx.db.acmeAccount.findUnique({ where: { id: account.id }, select: { pauses: true } });
  const pauses = (row?.pauses ?? 0) + 1;
  const ms = askedMs ?? Math.min(backOff(pauses, account.id), MAX_DOWN_PAUSE_MS);
  await ctx.db.acmeAccount.update({
    where: { id: account.id },
    data: { pauses, pausedUntil: new Date(now.getTime() + ms), problem: writeProblem(problem.code, problem.data, now) },
  });
}
