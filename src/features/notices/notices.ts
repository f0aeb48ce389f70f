/** Notices to all members: written, changed, removed; each person puts them away alone. */
import type { Context } from "../../core/context.js";
import { conflict, type FieldError, invalidFields, notFound } from "../../core/errors.js";
import { withdrawMail } from "../../core/mail-queue.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Notice, Prisma } from "../../generated/sqlite/client.js";
import { purposeOf, queueNotice } from "./letters.js";
import type { NoticeChange, NoticeInput } from "./schemas.js";
import { objectOf } from "./trail.js";

const COUNTED = { _count: { select: { dismissals: true } } } as const;
export type ShownNotice = Prisma.NoticeGetPayload<{ include: typeof COUNTED }>;

/** All notices, the newest first. */
export async function listNotices(ctx: Context, query: { skip?: number; take?: number } = {}): Promise<{ rows: ShownNotice[]; total: number }> {
  requireAdmin(ctx);
  const rows = await ctx.db.notice.findMany({ include: COUNTED, orderBy: [{ fromAt: "desc" }, { id: "desc" }], skip: query.skip ?? 0, take: query.take ?? 20 });
  return { rows, total: await ctx.db.notice.count() };
}

/** The notices whose letters were asked for last: their ids. */
export async function lastMailed(ctx: Context, take: number): Promise<string[]> {
  requireAdmin(ctx);
  const rows = await ctx.db.notice.findMany({ where: { mailedAt: { not: null } }, orderBy: { mailedAt: "desc" }, take, select: { id: true } });
  return rows.map(({ id }) => id);
}

/** Gives one notice. */
export async function getNotice(ctx: Context, id: string): Promise<ShownNotice> {
  requireAdmin(ctx);
  const notice = await ctx.db.notice.findUnique({ where: { id }, include: COUNTED });
  if (!notice) throw notFound("notices.notice_unknown");
  return notice;
}

/** What a person should read now: shown these days and not put away. */
export async function currentNotices(ctx: Context): Promise<Notice[]> {
  const now = ctx.clock.now();
  const { actor } = ctx;
  if (actor.kind !== "user") return [];
  return ctx.db.notice.findMany({
    where: { ...shownAt(now), dismissals: { none: { userId: actor.userId } } },
    orderBy: [{ fromAt: "desc" }, { id: "desc" }],
  });
}

/** Publishes a notice; with `byMail` its letters are queued in the same transaction. */
export async function addNotice(ctx: Context, input: NoticeInput, origin: string): Promise<Notice> {
  requireAdmin(ctx);
  const { byMail, from, until, ...texts } = input;
  const days = daysOf({ from, until }, { fromAt: ctx.clock.now(), untilAt: null });
  return ctx.transaction(async (tx) => {
    const notice = await tx.db.notice.create({ data: { ...cleaned(texts), ...days } });
    tx.audit({ verb: "notices.notice.added", accountId: null, object: objectOf(notice), new: { ...texts, ...days } });
    if (byMail) await queueNotice(tx, notice, origin);
    return notice;
  });
}

/** Changes a notice. Letters that have left stay as they were. */
export async function editNotice(ctx: Context, id: string, change: NoticeChange): Promise<Notice> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const old = await getNotice(tx, id);
    const { version, from, until, ...texts } = change;
    if (version !== undefined && version !== old.version) throw conflict("notices.changed_meanwhile");
    const days = daysOf({ from, until }, old);
    const notice = await tx.db.notice.update({ where: { id }, data: { ...cleaned(texts), ...days, version: { increment: 1 } } });
    tx.audit({ verb: "notices.notice.edited", accountId: null, object: objectOf(notice), old: partOf(old), new: partOf(notice) });
    return notice;
  });
}

/** Removes a notice; its letters that still wait do not leave. */
export async function removeNotice(ctx: Context, id: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const notice = await getNotice(tx, id);
    await tx.db.notice.delete({ where: { id } });
    await withdrawMail(tx, purposeOf(id));
    tx.audit({ verb: "notices.notice.removed", accountId: null, object: objectOf(notice), old: partOf(notice) });
  });
}

/** Sends a notice as letters: to those who have none yet, and again to those whose letter was refused. Gives their number. */
export async function mailNotice(ctx: Context, id: string, origin: string): Promise<number> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => queueNotice(tx, await getNotice(tx, id), origin));
}

/** Puts a notice away for the person who acts: the others still see it. */
export async function dismissNotice(ctx: Context, id: string): Promise<void> {
  const { actor } = ctx;
  await ctx.transaction(async (tx) => {
    const notice = await tx.db.notice.findFirst({ where: { id, ...shownAt(tx.clock.now()) } });
    if (!notice || actor.kind !== "user") throw notFound("notices.notice_unknown");
    const key = { noticeId: id, userId: actor.userId };
    await tx.db.noticeDismissal.upsert({ where: { noticeId_userId: key }, create: key, update: {} });
  });
}

/** Whether a notice is still to come, shown, or over. */
export function stateOf({ fromAt, untilAt }: Pick<Notice, "fromAt" | "untilAt">, now: Date): "coming" | "shown" | "over" {
  if (fromAt > now) return "coming";
  return untilAt !== null && untilAt < now ? "over" : "shown";
}

function shownAt(now: Date): Prisma.NoticeWhereInput {
  return { fromAt: { lte: now }, OR: [{ untilAt: null }, { untilAt: { gte: now } }] };
}

type Days = Pick<Notice, "fromAt" | "untilAt">;

/** Reads the days: the first begins at midnight, the last ends with its last second (UTC). */
function daysOf({ from, until }: Pick<NoticeInput, "from" | "until">, before: Days): Days {
  const faults: FieldError[] = [];
  const read = (field: string, typed: string, time: string): Date | null => {
    const day = new Date(`${typed}T${time}Z`);
    if (/^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(typed)) return day;
    faults.push({ field, code: "notices.day_invalid" });
    return null;
  };
  const wanted = from?.trim() ? read("from", from.trim(), "00:00:00") : null;
  // The day that is there already keeps its hour: saving the form again moves nothing.
  const fromAt = wanted === null || wanted.toISOString().slice(0, 10) === before.fromAt.toISOString().slice(0, 10) ? before.fromAt : wanted;
  const untilAt = until === undefined ? before.untilAt : until.trim() === "" ? null : read("until", until.trim(), "23:59:59");
  if (faults.length === 0 && untilAt !== null && untilAt < fromAt) faults.push({ field: "until", code: "notices.until_before" });
  if (faults.length > 0) throw invalidFields(faults);
  return { fromAt, untilAt };
}

type Texts = Partial<Pick<Notice, "titleFr" | "textFr" | "titleEn" | "textEn">>;

/** Writes texts as they are kept: NFC, one kind of line end, nothing blank around them. */
function cleaned<T extends Texts>(texts: T): T {
  const faults: FieldError[] = [];
  const clean = Object.entries(texts).map(([field, text]) => {
    const plain = (text ?? "").normalize("NFC").replace(/\r\n?/g, "\n").trim();
    if (plain === "") faults.push({ field, code: "shell.required" });
    return [field, plain];
  });
  if (faults.length > 0) throw invalidFields(faults);
  return Object.fromEntries(clean) as T;
}

function partOf({ titleFr, textFr, titleEn, textEn, fromAt, untilAt }: Notice) {
  return { titleFr, textFr, titleEn, textEn, fromAt, untilAt };
}
