/** A look at everything: what was found is kept, and what deserves it goes out as one letter to each who reads them. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Check, Saying } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import type { Prisma, WatchedCheck } from "../../generated/sqlite/client.js";
import { gatherChecks } from "./gather.js";
import { afterTelling, firstSeen, type Known, looked, type News, newsOf, type State } from "./judgement.js";
import { queueLetters } from "./letters.js";

/** Something that people are to be told. */
export interface Telling {
  check: Check;
  news: News;
  since: Date;
}

/** What a check that nobody contributes any more says: its machine is gone, or there is nothing left to look at. */
const GONE: Saying = { key: "watch.checks.gone", data: {} };

/** Looks once. Gives how many checks there are, how many are not well, and how many letters were queued. */
export async function lookAtAll(ctx: Context, services: Services): Promise<{ checks: number; bad: number; letters: number }> {
  const checks = await gatherChecks(ctx, services);
  const letters = await ctx.transaction(async (tx) => {
    const tellings = await noteAll(tx, checks);
    return tellings.length === 0 ? 0 : queueLetters(tx, services, tellings);
  });
  return { checks: checks.length, bad: checks.filter(({ state }) => state !== "ok").length, letters };
}

const idOf = ({ subject, name }: { subject: string; name: string }): string => `${subject} ${name}`;

async function noteAll(tx: TransactionContext, checks: readonly Check[]): Promise<Telling[]> {
  const rows = new Map((await tx.db.watchedCheck.findMany()).map((row) => [idOf(row), row]));
  const tellings: Telling[] = [];
  for (const check of checks) {
    const row = rows.get(idOf(check));
    rows.delete(idOf(check));
    tellings.push(...(await note(tx, row, check)));
  }
  for (const row of rows.values()) tellings.push(...(await noteGone(tx, row)));
  return tellings;
}

async function note(tx: TransactionContext, row: WatchedCheck | undefined, check: Check): Promise<Telling[]> {
  const now = tx.clock.now();
  const before = row === undefined ? firstSeen(now) : knownOf(row);
  const seen = looked(before, check.state, now);
  const news = newsOf(seen, now);
  const after = news === null ? seen : afterTelling(seen, news, now);
  if (row === undefined || !same(before, after)) {
    const { subject, name, says } = check;
    const data = { ...after, says: says as unknown as Prisma.InputJsonValue };
    await tx.db.watchedCheck.upsert({ where: { subject_name: { subject, name } }, create: { subject, name, ...data }, update: data });
  }
  return news === null ? [] : [{ check, news, since: after.since }];
}

async function noteGone(tx: TransactionContext, row: WatchedCheck): Promise<Telling[]> {
  const { subject, name, told } = row;
  if (told !== "ok") return note(tx, row, { subject, name, state: "ok", says: GONE });
  await tx.db.watchedCheck.delete({ where: { subject_name: { subject, name } } });
  return [];
}

function knownOf({ state, since, looks, told, toldAt, worsenings }: WatchedCheck): Known {
  return { state: state as State, since, looks, told: told as State, toldAt, worsenings };
}

const same = (a: Known, b: Known): boolean => JSON.stringify(a) === JSON.stringify(b);
