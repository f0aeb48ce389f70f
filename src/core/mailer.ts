/** Sends what is queued through the relay that MUTU_SMTP_URL names (alerts: MUTU_ALERT_SMTP_URL); without it letters wait. Sends, tries again, gives up: each step is a row. */
import { hostname } from "node:os";
import type { Context } from "./context.js";
import type { Env } from "./env.js";

/** The relay, and whom letters come from. */
export interface Relay {
  host: string;
  port: number;
  /** TLS from the first byte (smtps); otherwise by STARTTLS, demanded unless the relay is this very machine. */
  tls: boolean;
  local: boolean;
  login: { user: string; pass: string } | null;
  from: string;
}

export interface SendReport {
  sent: number;
  /** Tried, and to be tried again. */
  later: number;
  failed: number;
  /** No relay is set. */
  idle: boolean;
}

const BATCH = 200;
const AT_ONCE = 4;
const SUBMISSION_PORT = 587; // RFC 6409
const SUBMISSIONS_PORT = 465; // RFC 8314
const TIMEOUT_MS = 30_000;
const MAX_ERROR = 300;
/** Minutes between attempts; after the last one the letter has failed, three days after it was written. */
const PAUSES_MINUTES = [1, 5, 15, 60, 180, 360, 720, 1440, 1440];
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Reads the relay from the settings of the program: `smtp://user:password@host:587` or `smtps://…`, and MUTU_MAIL_FROM. Throws at what cannot be used. */
export function relayOf(env: Env): Relay | null {
  return readRelay(env, "MUTU_SMTP_URL", env.extra("MUTU_MAIL_FROM"));
}

/** The relay of alerts: one that need not be this machine, nor hang on what it serves; the other one where none is set. */
export function alertRelayOf(env: Env): Relay | null {
  return readRelay(env, "MUTU_ALERT_SMTP_URL", env.extra("MUTU_ALERT_FROM") ?? env.extra("MUTU_MAIL_FROM")) ?? relayOf(env);
}

function readRelay(env: Env, setting: string, sender: string | null): Relay | null {
  const given = env.extra(setting);
  if (given === null) return null;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "" || !/^\/?$/.test(url.pathname))
    throw new Error(`${setting} must be smtp://… or smtps://…`);
  const tls = url.protocol === "smtps:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const from = sender ?? `mutu@${new URL(env.origin).hostname}`;
  if (!/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(from)) throw new Error("MUTU_MAIL_FROM and MUTU_ALERT_FROM must be one address, such as mutu@example.org");
  const login = url.username === "" ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return { host, port: Number(url.port) || (tls ? SUBMISSIONS_PORT : SUBMISSION_PORT), tls, local: LOOPBACK.test(host), login, from };
}

/** Sends the letters whose time has come, the oldest first. */
export async function sendMail(ctx: Context, env: Env): Promise<SendReport> {
  const report: SendReport = { sent: 0, later: 0, failed: 0, idle: false };
  const alerts = alertRelayOf(env);
  const relay = relayOf(env);
  // An alert does not wait behind a thousand notices, nor fall with their relay.
  const done = [alerts && (await sendThrough(ctx, alerts, true, report)), relay && (await sendThrough(ctx, relay, false, report))];
  return { ...report, idle: done.every((one) => one === null) };
}

async function sendThrough(ctx: Context, relay: Relay, alert: boolean, report: SendReport): Promise<true> {
  const due = await ctx.db.outgoingMail.findMany({
    where: { state: "waiting", alert, nextAt: { lte: ctx.clock.now() } },
    orderBy: [{ nextAt: "asc" }, { id: "asc" }],
    take: BATCH,
  });
  if (due.length === 0) return true;
  const transport = await openTransport(relay);
  try {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let letter = due[next++]; letter !== undefined; letter = due[next++]) {
        const { id, recipient, subject, text, attempts } = letter;
        // Withdrawn since the batch was read: it must not leave.
        if ((await ctx.db.outgoingMail.count({ where: { id, state: "waiting" } })) === 0) continue;
        const refusal = await transport.send({ id, to: recipient, subject, text });
        // Told at once, one by one: a crash repeats the letters in flight and no other.
        report[await note(ctx, id, attempts, refusal)] += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, worker));
  } finally {
    transport.close();
  }
  return true;
}

interface Refusal {
  /** 5xx: this letter will never be taken. */
  final: boolean;
  error: string;
}

async function note(ctx: Context, id: string, attempts: number, refusal: Refusal | null): Promise<"sent" | "later" | "failed"> {
  const now = ctx.clock.now();
  if (refusal === null) {
    await ctx.db.outgoingMail.updateMany({ where: { id }, data: { state: "sent", sentAt: now, attempts: attempts + 1, error: null } });
    return "sent";
  }
  const pause = PAUSES_MINUTES[attempts];
  const over = refusal.final || pause === undefined;
  const data = {
    attempts: attempts + 1,
    error: refusal.error.slice(0, MAX_ERROR),
    ...(over ? { state: "failed" } : { nextAt: new Date(now.getTime() + pause * 60_000) }),
  };
  await ctx.db.outgoingMail.updateMany({ where: { id }, data });
  return over ? "failed" : "later";
}

async function openTransport({ host, port, tls, local, login, from }: Relay) {
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host,
    port,
    secure: tls,
    // A password and a letter never go over a network in clear; to this very machine TLS would only ask for a certificate of `localhost`.
    requireTLS: !tls && !local,
    ignoreTLS: !tls && local,
    ...(login && { auth: login }),
    name: hostname(),
    pool: true,
    maxConnections: AT_ONCE,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.split("@").pop() ?? "localhost";
  return {
    async send({ id, to, subject, text }: { id: string; to: string; subject: string; text: string }): Promise<Refusal | null> {
      try {
        await transport.sendMail({
          // Objects: an address is never parsed out of a text.
          from: { name: "", address: from },
          to: { name: "", address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          // RFC 3834: nobody's holiday notice answers.
          headers: { "Auto-Submitted": "auto-generated" },
        });
        return null;
      } catch (error) {
        const { responseCode, response, message } = error as Error & { responseCode?: number; response?: string };
        return { final: responseCode !== undefined && responseCode >= 550 && responseCode < 560, error: response ?? message };
      }
    },
    close: () => transport.close(),
  };
}
