/** Letters that wait for the relay, as rows: what a transaction wants sent is sent if and only if it commits. */
import type { TransactionContext } from "./context.js";
import type { Db } from "./db.js";

export interface Letter {
  /** What it belongs to: one letter for each purpose and recipient. */
  purpose: string;
  recipient: string;
  subject: string;
  /** Plain text: nothing in it is read as HTML. */
  text: string;
  /** Leaves through the relay for alerts, where one is set. */
  alert?: boolean;
}

/** How far the letters of one purpose are. */
export interface MailProgress {
  waiting: number;
  sent: number;
  failed: number;
}

const CHUNK = 200;
const MAX_SUBJECT = 200;
/** What a mail server takes between < and >; neither spaces nor anything that would be another header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}\p{Cf}]{1,64}@[^\s@<>,;:"()[\]\\\p{Cc}\p{Cf}]{3,189}$/u;

/** Queues letters; who has one of the same purpose already gets no second one, but one that failed is tried again. Gives the number queued. */
export async function queueMail(tx: TransactionContext, letters: readonly Letter[]): Promise<number> {
  const now = tx.clock.now();
  let queued = 0;
  for (let start = 0; start < letters.length; start += CHUNK) {
    const chunk = letters.slice(start, start + CHUNK).filter(({ recipient }) => ADDRESS.test(recipient));
    const purposes = [...new Set(chunk.map(({ purpose }) => purpose))];
    const there = await tx.db.outgoingMail.findMany({
      where: { purpose: { in: purposes }, recipient: { in: chunk.map(({ recipient }) => recipient) } },
      select: { id: true, purpose: true, recipient: true, state: true },
    });
    const known = new Map(there.map((row) => [`${row.purpose} ${row.recipient}`, row]));
    const fresh = new Map<string, Letter>();
    for (const letter of chunk) if (!known.has(`${letter.purpose} ${letter.recipient}`)) fresh.set(`${letter.purpose} ${letter.recipient}`, letter);
    const failed = there.filter(({ state }) => state === "failed").map(({ id }) => id);
    await tx.db.outgoingMail.createMany({
      data: [...fresh.values()].map(({ purpose, recipient, subject, text, alert = false }) => ({
        purpose,
        recipient,
        subject: oneLine(subject),
        text,
        alert,
        nextAt: now,
      })),
    });
    await tx.db.outgoingMail.updateMany({ where: { id: { in: failed } }, data: { state: "waiting", attempts: 0, nextAt: now, error: null } });
    queued += fresh.size + failed.length;
  }
  return queued;
}

/** Takes back the letters of one purpose that have not left yet. */
export async function withdrawMail(tx: TransactionContext, purpose: string): Promise<void> {
  await tx.db.outgoingMail.deleteMany({ where: { purpose, state: "waiting" } });
}

/** Counts the letters of one purpose. */
export async function mailProgress(db: Db, purpose: string): Promise<MailProgress> {
  const counts = await db.outgoingMail.groupBy({ by: ["state"], where: { purpose }, _count: { _all: true } });
  const of = (state: string) => counts.find((row) => row.state === state)?._count._all ?? 0;
  return { waiting: of("waiting"), sent: of("sent"), failed: of("failed") };
}

/** The purposes of which letters wait, among those that begin so. */
export async function waitingPurposes(db: Db, begin: string): Promise<string[]> {
  const where = { state: "waiting", purpose: { startsWith: begin } };
  const rows = await db.outgoingMail.findMany({ where, distinct: ["purpose"], select: { purpose: true }, orderBy: { purpose: "asc" } });
  return rows.map(({ purpose }) => purpose);
}

/** The letters of one purpose that did not leave, with what the relay said. */
export async function refusedMail(db: Db, purpose: string, take = 50): Promise<{ recipient: string; error: string; final: boolean }[]> {
  const rows = await db.outgoingMail.findMany({ where: { purpose, error: { not: null }, state: { not: "sent" } }, orderBy: { recipient: "asc" }, take });
  return rows.map(({ recipient, error, state }) => ({ recipient, error: error ?? "", final: state === "failed" }));
}

/** How the queue as a whole stands. */
export interface MailStanding {
  /** Letters that were refused or could not be handed over, and have waited since before the moment asked for. */
  late: number;
  /** Letters given up since then. */
  failed: number;
  /** What the relay said last of one of them. */
  error: string | null;
}

/** Counts what did not leave: waiting since before `before`, or given up after it. */
export async function mailStanding(db: Db, before: Date): Promise<MailStanding> {
  const where = { state: "waiting", createdAt: { lt: before } };
  const given = { state: "failed", nextAt: { gte: before } };
  const [late, failed, last] = await Promise.all([
    db.outgoingMail.count({ where }),
    db.outgoingMail.count({ where: given }),
    db.outgoingMail.findFirst({ where: { OR: [where, given], error: { not: null } }, orderBy: { nextAt: "desc" }, select: { error: true } }),
  ]);
  return { late, failed, error: last?.error ?? null };
}

/** A header is one line, and nobody reads a longer one. */
function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return [...plain].slice(0, MAX_SUBJECT).join("");
}
