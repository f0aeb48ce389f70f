/** Marks what a change concerns, in the change's own transaction, and wakes the publisher once it is committed. */
import type { Actor, TransactionContext } from "../core/context.js";
import type { Cause } from "./cause.js";
import type { UnitKey } from "./contract.js";
import { FREE } from "./free.js";

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

/** Nothing of a former owner's stands still at the next one's: a zone that passed to another account. What a guard holds is judged anew by itself. */
async function freeFromFormer(tx: TransactionContext, { hostId, role, key, accountId }: Touched): Promise<void> {
  const held = await tx.db.publishUnit.findFirst({ where: { hostId, role, key, hold: { notIn: ["guard"] }, NOT: { accountId } } });
  if (held === null) return;
  await tx.db.publishUnit.update({ where: { id: held.id }, data: FREE });
  const object = { type: "unit", id: held.id, name: `${role} ${key}` };
  tx.audit({ verb: "publications.hold.dropped", accountId: held.accountId, object, old: { reason: held.hold } });
}

/** So many units of one host and role are counted with few questions. */
const MANY = 20;
const PAGE = 500;

/** Counts one more wanted version of each unit. What reads these numbers before the state can lose nothing that commits meanwhile. */
export async function touch(tx: TransactionContext, units: readonly Touched[], cause: Cause = "change"): Promise<void> {
  // One order for everybody, or two changes of the same units would wait for each other.
  const sorted = [...units].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  for (let start = 0; start < sorted.length; start += PAGE) {
    const page = sorted.slice(start, start + PAGE);
    for (const unit of page.length < MANY ? page : await touchKnown(tx, page, cause)) await touchOne(tx, unit, cause);
  }
  for (const hostId of new Set(sorted.map((unit) => unit.hostId))) tx.afterCommit(`publish ${hostId}`, () => wakeHost(hostId));
}

async function touchOne(tx: TransactionContext, { hostId, role, key, accountId }: Touched, cause: Cause): Promise<void> {
  const by = byOf(tx, cause);
  if (accountId !== null) await freeFromFormer(tx, { hostId, role, key, accountId });
  // A single upsert on one unique key becomes ON CONFLICT DO UPDATE: two first touches at once are both counted.
  await tx.db.publishUnit.upsert({
    where: { hostId_role_key: { hostId, role, key } },
    create: { hostId, role, key, accountId, wanted: 1, ...by },
    update: { accountId, wanted: { increment: 1 }, ...by },
  });
}

/** Counts those that are known under the same account together; gives the others. */
async function touchKnown(tx: TransactionContext, units: readonly Touched[], cause: Cause): Promise<Touched[]> {
  const others: Touched[] = [];
  const groups = new Map<string, Touched[]>();
  for (const unit of units) {
    const group = groups.get(`${unit.hostId} ${unit.role}`);
    if (group === undefined) groups.set(`${unit.hostId} ${unit.role}`, [unit]);
    else group.push(unit);
  }
  for (const [first, ...more] of groups.values()) {
    if (first === undefined) continue;
    const { hostId, role } = first;
    const all = new Map([first, ...more].map((unit) => [unit.key, unit]));
    const rows = await tx.db.publishUnit.findMany({ where: { hostId, role, key: { in: [...all.keys()] } }, select: { key: true, accountId: true } });
    const known = rows.filter(({ key, accountId }) => all.get(key)?.accountId === accountId).map(({ key }) => key);
    for (const key of known) all.delete(key);
    if (known.length > 0)
      await tx.db.publishUnit.updateMany({ where: { hostId, role, key: { in: known } }, data: { wanted: { increment: 1 }, ...byOf(tx, cause) } });
    others.push(...all.values());
  }
  return others;
}

const byOf = (tx: TransactionContext, cause: Cause) => ({ touchedBy: authorOf(tx.actor), touchedAt: tx.clock.now(), touchedFor: cause });

/** Counts one more wanted version of everything that serves on a host. */
export async function touchServed(tx: TransactionContext, hostId: string, cause: Cause): Promise<void> {
  await tx.db.publishUnit.updateMany({ where: { hostId, serving: { not: "nothing" } }, data: { wanted: { increment: 1 }, ...byOf(tx, cause) } });
  tx.afterCommit(`publish ${hostId}`, () => wakeHost(hostId));
}

/** Counts one more wanted version of every unit of a role on a host: what all of them are made from changed. */
export async function touchRole(tx: TransactionContext, hostId: string, role: string): Promise<void> {
  await tx.db.publishUnit.updateMany({ where: { hostId, role }, data: { wanted: { increment: 1 }, ...byOf(tx, "change") } });
  tx.afterCommit(`publish ${hostId}`, () => wakeHost(hostId));
}

function wakeHost(hostId: string): void {
  for (const listener of listeners) listener(hostId);
}

const sortKey = ({ hostId, role, key }: Touched): string => `${hostId} ${role} ${key}`;
