/** What differs although nobody changed a row: what waits for a person, and their word. Administrators' alone. */
import type { Context } from "../../core/context.js";
import { messageKey } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { applyChange, type FileDiff, lastChange, type Publisher, readFiles } from "../../publish/index.js";
import { findAccount } from "../accounts/index.js";
import { getPublication } from "./publications.js";
import type { Say } from "./shown.js";

type Change = NonNullable<Awaited<ReturnType<typeof lastChange>>>;

/** The last change of renderer, or null: there was none. */
export async function getRendererChange(ctx: Context): Promise<Change | null> {
  requireAdmin(ctx);
  return lastChange(ctx);
}

/** Lets it go on to all hosts; the job carries it out, or the command that asked. */
export async function applyRenderer(ctx: Context): Promise<Change> {
  requireAdmin(ctx);
  const { actor } = ctx;
  return applyChange(ctx, actor.kind === "user" ? actor.login : actor.kind === "system" ? actor.name : "");
}

/** Gives it as pages, programs and terminals read it. */
export async function rendererBody(ctx: Context, say: Say, change: Change) {
  const { id, state, reason, units, different, accountId, createdAt, decidedBy, decidedAt, endedAt } = change;
  const error = change.error as { code: string; data: Record<string, string> } | null;
  return {
    id,
    state,
    reason,
    units,
    different,
    first: accountId === null ? null : { id: accountId, login: (await findAccount(ctx, accountId))?.login ?? accountId },
    hosts: (change.hosts as { name: string; different: number; state: string }[]).map((host) => ({
      name: host.name,
      different: host.different,
      state: host.state,
    })),
    publications: change.publications as string[],
    error: state === "failed" && error !== null ? say(messageKey(error.code), error.data) : null,
    createdAt: createdAt.toISOString(),
    decidedBy,
    decidedAt: decidedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
  };
}

/** What changed for the account that went first, file by file. */
export async function rendererFiles(ctx: Context, store: Publisher["store"], change: Change): Promise<FileDiff[]> {
  const files: FileDiff[] = [];
  for (const id of change.publications as string[]) files.push(...(await readFiles(ctx.db, store, (await getPublication(ctx, id)).id)));
  return files;
}
