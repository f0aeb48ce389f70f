/** The card of machines on an administrator's first page. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { hostView } from "./bodies.js";
import { listHosts } from "./hosts.js";

const SHOWN = 20;

export const hostCards: HomeCard[] = [{ audience: "admin", position: 10, view: "hosts/card", load: loadHosts }];

async function loadHosts(ctx: Context): Promise<HomeCardContent | null> {
  const { rows } = await listHosts(ctx, { take: SHOWN });
  const hosts = rows.map(hostView);
  const state = hosts.some(({ chip }) => chip === "failed") ? "failed" : hosts.some(({ chip }) => chip === "waiting") ? "waiting" : "verified";
  return { data: { hosts }, state };
}
