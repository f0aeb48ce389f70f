/** "Is everything all right?": the domains that need somebody, on the home pages. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { displayName } from "../domains/index.js";
import { listHealth } from "./checks.js";
import type { HealthState } from "./report.js";
import { STATE_CHIPS } from "./shown.js";

const SHOWN = 8;

export const healthCards: HomeCard[] = [
  { audience: "member", position: 15, permission: "domains.read", view: "health/card", load: loadHealth },
  { audience: "admin", position: 36, view: "health/card", load: (ctx) => loadHealth(ctx, null) },
];

async function loadHealth(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const scope = accountId ? { accountId } : {};
  const { total } = await listHealth(ctx, { ...scope, take: 1 });
  if (total === 0) return null;
  const wrong = await listHealth(ctx, { ...scope, state: "wrong", take: SHOWN });
  const waiting = await listHealth(ctx, { ...scope, state: "waiting", take: SHOWN });
  const unknown = await listHealth(ctx, { ...scope, state: "unknown", take: 1 });
  const domains = [...wrong.rows, ...waiting.rows].slice(0, SHOWN).map(({ domainId, domain, state }) => ({
    id: domainId,
    display: displayName(domain.name),
    state,
    chip: STATE_CHIPS[state as HealthState],
  }));
  const state = wrong.total > 0 ? "failed" : waiting.total > 0 ? "held" : "verified";
  const fine = total - wrong.total - waiting.total - unknown.total;
  return { data: { domains, fine, unknown: unknown.total }, state };
}
