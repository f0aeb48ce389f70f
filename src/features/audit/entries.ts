/** Audit entries as people read them: a sentence, a name, and what changed from what to what. */
import { type AuditRecord, listAudit } from "../../core/audit-trail.js";
import type { Actor, Context } from "../../core/context.js";
import type { Page, Window } from "../../core/http/paging.js";
import { accountsWith, requireAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { undoOf } from "../../core/undo.js";
import { readableText } from "../domains/index.js";

/** One changed value; null: there was none. */
export interface ChangedValue {
  name: string;
  old: string | null;
  new: string | null;
}

export interface ShownEntry {
  position: number;
  at: Date;
  verb: string;
  /** Message key of the sentence. */
  says: string;
  /** Name of who acted; null: the system, nobody, or erased. */
  actor: string | null;
  actorKind: string;
  address: string | null;
  /** Name of the object; null: erased, empty: it has none. */
  object: string | null;
  erased: boolean;
  /** Whether such a change can be taken back; whether this one still can is seen when it is tried. */
  undoable: boolean;
  changes: ChangedValue[];
}

const LONGEST_VALUE = 200;

/** Writes each encoded name as people read it, with what the machines read behind it: names that look alike stay apart. */
export function readable(text: string): string {
  return readableText(text, (shown, name) => `${shown} (${name})`);
}

/** An entry as a page shows it; the API gives names as machines write them. */
export function forReaders(entry: ShownEntry): ShownEntry {
  const said = (text: string | null) => text && readable(text);
  return {
    ...entry,
    object: said(entry.object),
    changes: entry.changes.map(({ name, ...values }) => ({ name, old: said(values.old), new: said(values.new) })),
  };
}

/** Lists the entries of the accounts in which the actor may read them; `accountId` narrows to one of these. */
export async function listHistory(ctx: Context, services: Pick<Services, "features">, window: Window, accountId: string | null): Promise<Page<ShownEntry>> {
  const own = accountsWith(ctx.actor, "audit.read");
  const accountIds = accountId === null ? own : [accountId].filter((id) => own === null || own.includes(id));
  return list(ctx, services, window, accountIds);
}

/** Lists every entry, those of no account too. */
export async function listEverything(ctx: Context, services: Pick<Services, "features">, window: Window): Promise<Page<ShownEntry>> {
  requireAdmin(ctx);
  return list(ctx, services, window, null);
}

async function list(ctx: Context, services: Pick<Services, "features">, window: Window, accountIds: readonly string[] | null): Promise<Page<ShownEntry>> {
  const { rows, total } = await listAudit(ctx.db, { accountIds, q: window.q, skip: window.skip, take: window.take });
  return { rows: rows.map((row) => shown(row, services, ctx.actor)), total };
}

function shown({ content, ...entry }: AuditRecord, services: Pick<Services, "features">, actor: Actor): ShownEntry {
  return {
    position: entry.position,
    at: entry.at,
    verb: entry.verb,
    says: sentenceOf(entry.verb),
    actor: content?.actor || null,
    actorKind: entry.actorKind,
    address: content?.address ?? null,
    object: content?.object ?? null,
    erased: content === null,
    undoable: content !== null && undoOf(services, entry.verb, actor) !== null,
    changes: changedValues(content?.old ?? {}, content?.new ?? {}),
  };
}

/** The sentence of a verb lies with its feature: `dns.record.added` is `verbs.record.added` in views/dns. */
export function sentenceOf(verb: string): string {
  return verb.replace(".", ".verbs.");
}

/** Pairs old and new values by name; values that are the same on both sides say nothing. */
export function changedValues(old: Record<string, unknown>, next: Record<string, unknown>): ChangedValue[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return names.map((name) => ({ name, old: written(old[name]), new: written(next[name]) })).filter((change) => change.old !== change.new);
}

function written(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
