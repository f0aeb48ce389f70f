/** Letters about names: to those who look after a login, before its name goes to the domain's new holder, and when it has gone. */
import { fileURLToPath } from "node:url";
import type { Context, TransactionContext } from "../../core/context.js";
import type { Env } from "../../core/env.js";
import { type Letter, queueMail } from "../../core/mail-queue.js";
import { relayOf } from "../../core/mailer.js";
import { createText, LOCALES, type Locale } from "../../core/text.js";
import type { FtpLogin } from "../../generated/sqlite/client.js";
import { listPeople } from "../accounts/index.js";
import { shownName } from "./names.js";
import { askedPurpose, nextName } from "./renaming.js";

const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));
const BATCH = 200;

/** Writes to the people of a login what becomes of its name. */
export type TellPeople = (tx: TransactionContext, login: FtpLogin, what: "asked" | "renamed", facts: { name: string; next: string }) => Promise<void>;

/** Gives what writes letters; null where no relay sends any: what waits for years is of no use to anybody. */
export function letterWriter(env: Env): TellPeople | null {
  if (relayOf(env) === null) return null;
  const text = createText(VIEWS, { lenient: true });
  return async (tx, login, what, facts) => {
    const people = await listPeople(tx.db, { accountId: login.accountId, role: { in: ["owner", "webmaster"] } });
    const data = { ...facts, day: login.nameUntil?.toISOString().slice(0, 10) ?? "", url: `${env.origin}/ftp-logins/${login.id}` };
    const purpose = what === "asked" ? askedPurpose(login) : `ftp:renamed:${login.id}:${login.version}`;
    const say = (part: string) => (locale: Locale) => text.translate(locale, `ftp.letters.${what}_${part}`, data);
    const letters = people.map(({ email, locale }): Letter => {
      const languages = LOCALES.filter((one) => one === locale || !LOCALES.some((known) => known === locale));
      return { purpose, recipient: email, subject: languages.map(say("subject")).join(" / "), text: languages.map(say("text")).join("\n\n* * *\n\n") };
    });
    await queueMail(tx, letters);
  };
}

/** Tells of every name that is asked for, once each. */
export async function tellAsked(ctx: Context, tell: TellPeople): Promise<void> {
  const asked = { nameUntil: { gt: ctx.clock.now() } };
  for (const { id } of await ctx.db.ftpLogin.findMany({ where: asked, select: { id: true }, orderBy: { nameUntil: "desc" }, take: BATCH })) {
    await ctx.transaction(async (tx) => {
      const login = await tx.db.ftpLogin.findFirst({ where: { id, ...asked } });
      if (login) await tell(tx, login, "asked", { name: shownName(login.name), next: await nextName(tx, login) });
    });
  }
}
