/** Who reads letters about the state of the machines: administrators who want them, and addresses beside them. */
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { invalid } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { readSetting, writeSetting } from "../../core/settings.js";
import { administrators } from "../auth/index.js";

const KEY = "watch.addresses";
const MOST_ADDRESSES = 20;
const ADDRESS = /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{3,189}$/u;

export interface AlertReader {
  email: string;
  /** null: the machine's own language. */
  locale: string | null;
}

/** Gives them, each address once. */
export async function alertReaders(db: Db): Promise<AlertReader[]> {
  const refused = new Set((await db.alertRefusal.findMany()).map(({ userId }) => userId));
  const admins = (await administrators(db)).filter(({ id }) => !refused.has(id));
  const readers = new Map<string, AlertReader>((await alertAddresses(db)).map((email) => [email, { email, locale: null }]));
  for (const { email, locale } of admins) readers.set(email, { email, locale });
  return [...readers.values()];
}

/** The addresses beside those of administrators. */
export async function alertAddresses(db: Db): Promise<string[]> {
  return ((await readSetting(db, KEY)) ?? "").split("\n").filter(Boolean);
}

/** Sets them: one a line, or separated by commas. */
export async function setAlertAddresses(ctx: Context, given: string): Promise<string[]> {
  requireAdmin(ctx);
  const addresses = [...new Set(given.split(/[\s,;]+/).flatMap((word) => (word === "" ? [] : [word.toLowerCase()])))].sort();
  const wrong = addresses.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined) throw invalid("watch.address_format", { address: wrong.slice(0, 100) }, "addresses");
  if (addresses.length > MOST_ADDRESSES) throw invalid("watch.addresses_many", { most: MOST_ADDRESSES }, "addresses");
  await ctx.transaction((tx) => writeSetting(tx, KEY, addresses.length === 0 ? null : addresses.join("\n")));
  return addresses;
}

/** Tells whether this person gets letters. */
export async function wantsLetters(db: Db, userId: string): Promise<boolean> {
  return (await db.alertRefusal.count({ where: { userId } })) === 0;
}

/** Says for oneself whether letters come. */
export async function chooseLetters(ctx: Context, wanted: boolean): Promise<void> {
  requireAdmin(ctx);
  const { actor } = ctx;
  if (actor.kind !== "user") return;
  const { userId, login } = actor;
  await ctx.transaction(async (tx) => {
    if ((await wantsLetters(tx.db, userId)) === wanted) return;
    if (wanted) await tx.db.alertRefusal.deleteMany({ where: { userId } });
    else await tx.db.alertRefusal.create({ data: { userId } });
    tx.audit({ verb: wanted ? "watch.letters.wanted" : "watch.letters.refused", accountId: null, object: { type: "user", id: userId, name: login } });
  });
}
