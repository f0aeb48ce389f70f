/** What is watched of letters: that they leave. Whoever waits for an alert that nobody can send waits for ever. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import { type MailStanding, mailStanding } from "../../core/mail-queue.js";
import { alertRelayOf } from "../../core/mailer.js";
import type { Services } from "../../core/services.js";

const LONG_MINUTES = 60;
const MINUTE_MS = 60_000;

/** The check of the queue of letters. */
export async function watchMail(ctx: Context, { env }: Pick<Services, "env">): Promise<Check[]> {
  const now = ctx.clock.now();
  const standing = await mailStanding(ctx.db, new Date(now.getTime() - LONG_MINUTES * MINUTE_MS));
  // A trial sends nothing, and nobody waits for it.
  const relay = alertRelayOf(env) !== null;
  if (env.mode !== "production" && !relay) return [];
  return [queue(standing, relay)];
}

function queue({ late, failed, error }: MailStanding, relay: boolean): Check {
  const base = { name: "mail", subject: "" };
  if (!relay)
    return { ...base, state: "warning", says: { key: "watch.checks.mail_no_relay", data: {} }, todo: { key: "watch.checks.mail_no_relay_todo", data: {} } };
  const count = late + failed;
  if (count === 0) return { ...base, state: "ok", says: { key: "watch.checks.mail_ok", data: {} } };
  const data = { count, reason: error ?? "" };
  return { ...base, state: "warning", says: { key: "watch.checks.mail_late", data }, todo: { key: "watch.checks.mail_todo", data } };
}
