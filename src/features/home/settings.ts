/** What administrators set for the landing page: where the mail door leads. */
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { invalid } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { readSetting, writeSetting } from "../../core/settings.js";
import type { SettingsInput } from "./schemas.js";

const WEBMAIL_KEY = "home.webmail";

export interface Settings {
  /** null: there is no webmail. */
  webmailUrl: string | null;
}

/** Reads the settings. */
export async function readSettings(db: Db): Promise<Settings> {
  return { webmailUrl: await readSetting(db, WEBMAIL_KEY) };
}

/** Changes the settings. */
export async function changeSettings(ctx: Context, input: SettingsInput): Promise<Settings> {
  requireAdmin(ctx);
  const webmailUrl = input.webmailUrl ? parseAddress(input.webmailUrl) : null;
  return ctx.transaction(async (tx) => {
    await writeSetting(tx, WEBMAIL_KEY, webmailUrl);
    return { webmailUrl };
  });
}

/** Only HTTPS: a password is typed there. */
function parseAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") throw invalid("home.webmail_url", {}, "webmailUrl");
  return url.href;
}
