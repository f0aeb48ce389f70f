/** When the last backup was made: a missing one is told like any other failure. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import { readSetting } from "../../core/settings.js";
import { LAST_BACKUP } from "./backup.js";

const HOUR_MS = 3_600_000;
/** Daily, and some room for a long one. */
const WARN_HOURS = 30;
const FAIL_HOURS = 72;

/** One check; none in a trial, which nobody has to keep. */
export async function lastBackup(ctx: Context, { env }: Services): Promise<Check[]> {
  if (env.mode === "trial") return [];
  const told = { name: "backup", subject: "" };
  const todo = { key: "backups.checks.todo", data: {} };
  const stored = await readSetting(ctx.db, LAST_BACKUP);
  if (stored === null) return [{ ...told, state: "warning", says: { key: "backups.checks.never", data: {} }, todo }];
  const { at, file } = JSON.parse(stored) as { at: string; file: string };
  const hours = (ctx.clock.now().getTime() - new Date(at).getTime()) / HOUR_MS;
  const state = hours > FAIL_HOURS ? "failing" : hours > WARN_HOURS ? "warning" : "ok";
  return [{ ...told, state, says: { key: "backups.checks.last", data: { at, file } }, ...(state === "ok" ? {} : { todo }) }];
}
