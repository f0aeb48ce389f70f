/** Certificates on the home pages: only what needs somebody, and the panel's own. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { readSetting } from "../../core/settings.js";
import { countNeedy, countSubjects, listSubjects, type ShownSubject } from "./subjects.js";

const SHOWN = 6;
const NEEDY = ["failing", "partial", "expiring"] as const;

export const certificateCards: HomeCard[] = [
  { audience: "member", position: 12, permission: "certificates.read", view: "certificates/card", load: loadMember },
  { audience: "admin", position: 34, view: "certificates/card", load: loadAdmin },
];

async function loadMember(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const card = await load(ctx, accountId);
  return card.rows.length > 0 ? { data: { ...card, list: "/certificates" }, state: card.state } : null;
}

async function loadAdmin(ctx: Context): Promise<HomeCardContent | null> {
  const card = await load(ctx, null);
  const authority = await readSetting(ctx.db, "certificates.directory");
  const total = Object.values(card.counts).reduce((sum, count) => sum + count, 0);
  if (total === 0 && authority !== null) return null;
  return { data: { ...card, list: "/certificates/overview", admin: true, noAuthority: authority === null }, state: authority === null ? "held" : card.state };
}

async function load(ctx: Context, accountId: string | null) {
  const scope = accountId ? { accountId } : {};
  const counts = await countSubjects(ctx, accountId ?? undefined);
  const rows = new Map<string, ShownSubject & { word: string }>();
  for (const state of NEEDY) {
    if (!counts[state]) continue;
    const list = await listSubjects(ctx, { ...scope, state, take: SHOWN });
    for (const row of list.rows) if (!rows.has(row.id)) rows.set(row.id, { ...row, word: state });
  }
  // One that is renewed by itself and lasts more than that is nobody's business yet.
  const shown = [...rows.values()].slice(0, SHOWN).map(({ id, title, word, expiresAt }) => ({
    id,
    title,
    word,
    ends: word === "expiring" ? expiresAt : null,
    chip: word === "failing" ? "failed" : "waiting",
  }));
  const state: HomeCardContent["state"] = counts["failing"] ? "failed" : shown.length > 0 ? "held" : "verified";
  return { counts, rows: shown, more: rows.size > shown.length, count: await countNeedy(ctx, accountId ?? undefined), fine: counts["valid"] ?? 0, state };
}
