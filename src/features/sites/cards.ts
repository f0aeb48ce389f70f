/** The card of sites on a member's first page: which ones, and whether each answers. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { worstChip } from "../../publish/index.js";
import { chipsOf } from "./chips.js";
import { listSites } from "./sites.js";

const SHOWN = 8;
const MAX_LOOKED_AT = 500;
const RANK = ["failed", "held", "waiting", "published", "verified"];

export const siteCards: HomeCard[] = [{ audience: "member", position: 10, permission: "sites.read", view: "sites/card", load: loadSites }];

async function loadSites(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const { rows, total } = await listSites(ctx, { state: "live", take: MAX_LOOKED_AT, ...(accountId ? { accountId } : {}) });
  const chips = await chipsOf(ctx.db, rows);
  const states = rows.map((site) => ({ id: site.id, title: site.title, chip: chips.get(site.id) ?? { state: "waiting" as const } }));
  // What needs somebody is said first.
  const sites = states.map(({ id, title, chip }) => ({ id, title, state: chip.state })).sort((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state));
  const state = rows.length > 0 ? worstChip(states.map(({ chip }) => chip)).state : "verified";
  return { data: { sites: sites.slice(0, SHOWN), more: total > SHOWN, total }, state };
}
