/** Letters about the state of the machines: one for each reader gathers all that changed since the last look. */
import type { TransactionContext } from "../../core/context.js";
import { type Letter, queueMail } from "../../core/mail-queue.js";
import type { Services } from "../../core/services.js";
import { createText, type Locale, type Text } from "../../core/text.js";
import type { News } from "./judgement.js";
import type { Telling } from "./look.js";
import { type AlertReader, alertReaders } from "./readers.js";
import { sayingText } from "./sayings.js";
import { VIEWS } from "./words.js";

/** In the order in which a letter tells them. */
const ORDER: News[] = ["worse", "better", "reminder"];
/** A letter is for reading; the page has the rest. */
const MOST_TOLD = 40;

/** Queues them; gives their number. */
export async function queueLetters(tx: TransactionContext, { env }: Pick<Services, "env">, tellings: readonly Telling[]): Promise<number> {
  const readers = await alertReaders(tx.db);
  const text = createText(VIEWS, { lenient: true });
  const purpose = `watch:${tx.clock.now().toISOString().slice(0, 16)}`;
  const page = `${env.origin}/watch`;
  return queueMail(
    tx,
    readers.map((reader) => ({ ...writeLetter(text, localeOf(reader, env.language), tellings, page), purpose, recipient: reader.email, alert: true })),
  );
}

/** Writes one letter. Pure. */
export function writeLetter(text: Text, locale: Locale, tellings: readonly Telling[], page: string): Pick<Letter, "subject" | "text"> {
  const t = text.translator(locale);
  const parts = ORDER.flatMap((news) => {
    const own = tellings.filter((telling) => telling.news === news);
    if (own.length === 0) return [];
    const lines = own.slice(0, MOST_TOLD).map(({ check, since }) => lineOf(t, check, news, since));
    return [[t(`watch.letters.${news}`), ...lines].join("\n")];
  });
  const lead = ORDER.find((news) => tellings.some((telling) => telling.news === news)) as News;
  const own = tellings.filter(({ news }) => news === lead);
  const [first] = own as [Telling, ...Telling[]];
  const subject = t(`watch.letters.subject_${lead}`, { count: own.length, first: sayingText(t, first.check.says) });
  return { subject, text: `${[...parts, `${t("watch.letters.page")}\n${page}`, t("watch.letters.stop")].join("\n\n")}\n` };
}

function lineOf(t: (key: string, data?: Record<string, unknown>) => string, { says, todo, state }: Telling["check"], news: News, since: Date): string {
  const at = since.toISOString().slice(0, 16).replace("T", " ");
  const first = `- ${sayingText(t, says)} (${t(`watch.states.${state}`)}, ${t("watch.letters.since", { at })})`;
  return todo && news !== "better" ? `${first}\n  ${sayingText(t, todo)}` : first;
}

function localeOf({ locale }: AlertReader, language: Locale): Locale {
  return locale === "fr" || locale === "en" ? locale : language;
}
