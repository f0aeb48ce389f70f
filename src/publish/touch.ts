/** Marks what a change concerns, in the change's own transaction, and wakes the publisher once it is committed. */
import type { Actor, TransactionContext } from "../core/context.js";
import type { UnitKey } from "./contract.js";

/** A unit that a change concerns. */
export interface Touched {
  hostId: string;
  role: string;
  key: UnitKey;
  accountId: string | null;
}

/** Who is told that a host has something to publish: the publishers of this process. */
const listeners = new Set<(hostId: string) => void>();

/** Subscribes to touched hosts; returns how to unsubscribe. */
export function onTouched(listener: (hostId: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Names who acts, for the publication's list of authors. */
function authorOf(actor: Actor): string {
  if (actor.kind === "user") return actor.login;
  return actor.kind === "system" ? actor.name : "";
}

/** Counts one more wanted version of each unit. What reads these numbers before the state can lose nothing that commits meanwhile. */
export async function touch(tx: TransactionContext, units: readonly Touched[]): Promise<void> {
  const by = { touchedBy: authorOf(tx.actor), touchedAt: tx.clock.now() };
  // One order for everybody, or two changes of the same units would wait for each other.
  const sorted = [...units].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  for (const { hostId, role, key, accountId } of sorted) {
    // A single upsert on one unique key becomes ON CONFLICT DO UPDATE: two first touches at once are both counted.
    await tx.db.publishUnit.upsert({
      where: { hostId_role_key: { hostId, role, key } },
      create: { hostId, role, key, accountId, wanted: 1, ...by },
      update: { accountId, wanted: { increment: 1 }, ...by },
    });
  }
  for (const hostId of new Set(sorted.map((unit) => unit.hostId))) tx.afterCommit(`publish ${hostId}`, () => wakeHost(hostId));
}

/** Counts one more wanted version of every unit of a role on a host: what all of them are made from changed. */
export async function touchRole(tx: TransactionContext, hostId: string, role: string): Promise<void> {
  const by = { touchedBy: authorOf(tx.actor), touchedAt: tx.clock.now() };
  await tx.db.publishUnit.updateMany({ where: { hostId, role }, data: { wanted: { increment: 1 }, ...by } });
  tx.afterCommit(`publish ${hostId}`, () => wakeHost(hostId));
}

function wakeHost(hostId: string): void {
  for (const listener of listeners) listener(hostId);
}

const sortKey = ({ hostId, role, key }: Touched): string => `${hostId} ${role} ${key}`;
