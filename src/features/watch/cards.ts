/** The first card of an administrator's home page: what needs a person now. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent, HomeReader } from "../../core/feature.js";
import { currentChecks, urgentView } from "./shown.js";

export const watchCards: HomeCard[] = [{ audience: "admin", position: 5, view: "watch/card", load: loadUrgent }];

async function loadUrgent(ctx: Context, _accountId: string | null, { services, t }: HomeReader): Promise<HomeCardContent> {
  const view = urgentView(await currentChecks(ctx, services), t);
  return { data: view, state: view.state };
}
