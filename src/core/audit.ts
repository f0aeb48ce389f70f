/** The audit trail: entries chained by hash, so that what was changed or removed afterwards shows. What tells of persons can be erased, and the chain holds. */
import { createHash, randomBytes } from "node:crypto";
import type { Actor, AuditEvent } from "./context.js";
import type { Db } from "./db.js";
import { Secret } from "./secret.js";

/** What the first entry follows. */
export const GENESIS = "0".repeat(64);
const SALT_BYTES = 16;

/** The chained columns of an entry. */
export interface AuditLink {
  position: number;
  at: Date;
  verb: string;
  actorKind: string;
  actorId: string | null;
  accountId: string | null;
  objectType: string;
  objectId: string;
  payloadHash: string;
  previousHash: string;
}

/** What an entry tells, until it is erased. */
export interface AuditPayloadContent {
  actor: string;
  address: string | null;
  object: string;
  old?: Record<string, unknown>;
  new?: Record<string, unknown>;
}

/** Adds entries at the end of the chain; called last in each transaction, because it meets every other one here. */
export async function appendAudit(db: Db, actor: Actor, at: Date, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  let { position, hash: previousHash } = await head(db);
  const entries = [];
  const payloads = [];
  for (const event of events) {
    position += 1;
    const salt = randomBytes(SALT_BYTES).toString("hex");
    const payload = payloadText(actor, event);
    const link: AuditLink = {
      position,
      at,
      verb: event.verb,
      actorKind: actor.kind,
      actorId: actor.kind === "user" ? actor.userId : null,
      accountId: event.accountId,
      objectType: event.object.type,
      objectId: event.object.id,
      payloadHash: payloadHash(salt, payload),
      previousHash,
    };
    previousHash = linkHash(link);
    entries.push({ ...link, hash: previousHash });
    payloads.push({ position, salt, payload });
  }
  await db.auditEntry.createMany({ data: entries });
  await db.auditPayload.createMany({ data: payloads });
}

/** Gives the end of the chain: the last entry, else the last checkpoint, else the beginning. */
async function head(db: Db): Promise<{ position: number; hash: string }> {
  const select = { position: true, hash: true } as const;
  const last = await db.auditEntry.findFirst({ orderBy: { position: "desc" }, select });
  if (last) return last;
  return (await db.auditCheckpoint.findFirst({ orderBy: { position: "desc" }, select })) ?? { position: 0, hash: GENESIS };
}

/** Hashes the salted payload. */
export function payloadHash(salt: string, payload: string): string {
  return sha256(`${salt}\n${payload}`);
}

/** Hashes one link of the chain. */
export function linkHash(link: AuditLink): string {
  const { position, at, verb, actorKind, actorId, accountId, objectType, objectId } = link;
  return sha256(JSON.stringify([link.previousHash, link.payloadHash, position, at.toISOString(), verb, actorKind, actorId, accountId, objectType, objectId]));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function payloadText(actor: Actor, event: AuditEvent): string {
  refuseSecrets(event.verb, event.old, event.new);
  const content: AuditPayloadContent = {
    actor: actor.kind === "user" ? actor.login : actor.kind === "system" ? actor.name : "",
    address: actor.kind === "system" ? null : actor.address,
    object: event.object.name,
    ...(event.old && { old: event.old }),
    ...(event.new && { new: event.new }),
  };
  return JSON.stringify(content);
}

function refuseSecrets(verb: string, ...values: unknown[]): void {
  for (const value of values) {
    if (value instanceof Secret) throw new Error(`${verb}: a secret may not stand in the audit trail`);
    if (typeof value === "object" && value !== null) refuseSecrets(verb, ...Object.values(value));
  }
}
