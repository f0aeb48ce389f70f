/** Checks as pages and programs are told of them. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { gatherChecks, worstOf } from "./gather.js";
import { sayingParts, sayingText } from "./sayings.js";

type Say = (key: string, data?: Record<string, unknown>) => string;

export interface ShownCheck extends Check {
  /** null: nobody has looked before. */
  since: Date | null;
}

/** Gathers everything, and since when it is so. */
export async function currentChecks(ctx: Context, services: Services): Promise<ShownCheck[]> {
  requireAdmin(ctx);
  const checks = await gatherChecks(ctx, services);
  const rows = new Map((await ctx.db.watchedCheck.findMany()).map((row) => [`${row.subject} ${row.name}`, row]));
  return checks.map((check) => {
    const row = rows.get(`${check.subject} ${check.name}`);
    return { ...check, since: row?.state === check.state ? row.since : null };
  });
}

const CHIPS = { ok: "verified", warning: "waiting", failing: "failed" } as const;

/** What the page draws: a card for each subject, those that are not well first in each. */
export function watchView(checks: readonly ShownCheck[], say: Say) {
  const subjects = [...new Set(checks.map(({ subject }) => subject))];
  const groups = subjects.map((subject) => {
    const own = checks.filter((check) => check.subject === subject);
    return {
      subject,
      icon: subject === "" ? "heartbeat" : "server-2",
      chip: CHIPS[worstOf(own)],
      state: worstOf(own),
      checks: sorted(own).map((check) => lineView(check, say)),
    };
  });
  const bad = checks.filter(({ state }) => state !== "ok").length;
  return { groups, bad, state: worstOf(checks), kind: worstOf(checks) === "failing" ? "bad" : "wait" };
}

/** A home page is for a glance. */
const MOST_URGENT = 8;

/** What the card of the home page draws: those that are not well, the failing ones first. */
export function urgentView(checks: readonly ShownCheck[], say: Say) {
  const bad = sorted(checks).filter(({ state }) => state !== "ok");
  const lines = bad.slice(0, MOST_URGENT).map((check) => lineView(check, say));
  return { lines, more: bad.length - lines.length, state: CHIPS[worstOf(checks)] };
}

function sorted(checks: readonly ShownCheck[]): ShownCheck[] {
  const rank = { failing: 0, warning: 1, ok: 2 };
  return [...checks].sort((a, b) => rank[a.state] - rank[b.state]);
}

function lineView({ state, says, todo, href, since }: ShownCheck, say: Say) {
  const told = state !== "ok";
  return {
    state,
    chip: CHIPS[state],
    says: sayingParts(say, says),
    todo: todo && told ? sayingParts(say, todo) : null,
    href: href ?? null,
    since: told ? since : null,
  };
}

/** What programs are told. */
export function checkBody({ name, subject, state, says, todo, since }: ShownCheck, say: Say) {
  return {
    name,
    subject,
    state,
    says: sayingText(say, says),
    todo: todo && state !== "ok" ? sayingText(say, todo) : null,
    since: since?.toISOString() ?? null,
  };
}
