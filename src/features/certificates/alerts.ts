/** Letters before a certificate ends: to those who care for its account, and to administrators. */
import { fileURLToPath } from "node:url";
import type { Context, TransactionContext } from "../../core/context.js";
import { messageKey } from "../../core/errors.js";
import { type Letter, queueMail } from "../../core/mail-queue.js";
import type { Services } from "../../core/services.js";
import { createText, type Text } from "../../core/text.js";
import type { Certificate } from "../../generated/sqlite/client.js";
import { carersOf } from "../accounts/index.js";
import { administrators } from "../auth/index.js";
import { currentAccount } from "./authorities.js";
import { readProblem } from "./problems.js";
import { LIVE, type ShownSubject } from "./subjects.js";

const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));
const DAY_MS = 86_400_000;
/** Days before the end; 0: it is over. */
const STEPS = [14, 7, 1, 0];
/** Of what is left when a renewal begins: before that, a renewal is merely late. */
const LATE = 1 / 2;
const MAX_REASONS = 10;
const BATCH = 500;

type Reader = { email: string; locale: string | null };

/** Queues the letters that are due. Gives their number. */
export async function alertDue(ctx: Context, services: Pick<Services, "env">): Promise<number> {
  const account = await currentAccount(ctx.db);
  // By a wrong clock everything would be over.
  if (/"certificates\.clock_/.test(account?.problem ?? "")) return 0;
  const now = ctx.clock.now();
  const soon = new Date(now.getTime() + (STEPS[0] as number) * DAY_MS);
  const ending = await ctx.db.certificateSubject.findMany({
    where: { AND: [LIVE, { source: { not: "none" }, expiresAt: { lte: soon } }] },
    include: { names: { orderBy: { position: "asc" } }, current: true, previous: true },
    orderBy: { expiresAt: "asc" },
    take: BATCH,
  });
  const text = createText(VIEWS, { lenient: true });
  const admins = await administrators(ctx.db);
  let queued = 0;
  for (const subject of ending) {
    const step = subject.current && stepOf(subject.current, now);
    if (step === null || (subject.toldDays !== null && subject.toldDays <= step)) continue;
    queued += await ctx.transaction((tx) => tell(tx, services, text, subject, step, admins));
  }
  return queued;
}

/** The step that is reached; null: there is time. */
export function stepOf({ notAfter, renewAt, source }: Pick<Certificate, "notAfter" | "renewAt" | "source">, now: Date): number | null {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return 0;
  // Certificates of a few days are always near their end: what counts is that the renewal is late.
  if (source === "acme" && left > (notAfter.getTime() - renewAt.getTime()) * LATE) return null;
  return [...STEPS].reverse().find((days) => days > 0 && left <= days * DAY_MS) ?? null;
}

async function tell(
  tx: TransactionContext,
  { env }: Pick<Services, "env">,
  text: Text,
  subject: ShownSubject,
  step: number,
  admins: readonly Reader[],
): Promise<number> {
  const members = subject.accountId ? await carersOf(tx.db, subject.accountId) : [];
  const readers = new Map([...admins, ...members].map((reader) => [reader.email, reader]));
  const purpose = `certificates:${subject.currentId}:${step}`;
  const letters = [...readers.values()].map((reader) =>
    letterFor(text, reader, subject, tx.clock.now(), { purpose, origin: env.origin, language: env.language }),
  );
  await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { toldDays: step } });
  return queueMail(tx, letters);
}

function letterFor(
  text: Text,
  reader: Reader,
  subject: ShownSubject,
  now: Date,
  { purpose, origin, language }: { purpose: string; origin: string; language: "fr" | "en" },
): Letter {
  const locale = reader.locale === "fr" || reader.locale === "en" ? reader.locale : language;
  const t = text.translator(locale);
  const end = subject.current?.notAfter ?? now;
  const name = subject.title;
  const over = end <= now;
  const count = Math.max(1, Math.ceil((end.getTime() - now.getTime()) / DAY_MS));
  const date = (at: Date) => `${at.toISOString().slice(0, 16).replace("T", " ")}`;
  const data = { name, count, date: date(end) };
  const reasons = [subject.problem, ...subject.names.map(({ problem }) => problem)].flatMap((stored) => readProblem(stored) ?? []);
  const why = [...new Set(reasons.slice(0, MAX_REASONS).map(({ code, data: facts }) => `- ${t(messageKey(code), facts)}`))];
  const body = [
    t(over ? "certificates.letters.over" : "certificates.letters.left", data),
    ...(subject.source === "own"
      ? [t("certificates.letters.own")]
      : why.length > 0
        ? [`${t("certificates.letters.why")}\n${why.join("\n")}`]
        : [t("certificates.letters.no_reason")]),
    ...(subject.source === "acme" && subject.nextAt ? [t("certificates.letters.retry", { date: date(subject.nextAt) })] : []),
    `${t("certificates.letters.page")}\n${origin}/certificates/${subject.id}`,
  ];
  const title = over ? t("certificates.letters.subject_over", data) : t("certificates.letters.subject", data);
  return { purpose, recipient: reader.email, subject: title, text: `${body.join("\n\n")}\n` };
}
