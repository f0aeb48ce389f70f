/** What holds a release together on a machine (its index, its links, the lists of its shards) and is not what we left: it has no content of anybody's, so it is sent anew. */
import type { Context, TransactionContext } from "../core/context.js";
import type { HostRecord } from "./contract.js";

const open = (hostId: string, parts: readonly string[]) => ({ hostId, kind: "part", state: "open", path: { in: [...parts] } });

/** Writes down what was found; a row that is open is seen again. */
export async function recordParts(tx: TransactionContext, host: HostRecord, parts: readonly string[]): Promise<void> {
  const now = tx.clock.now();
  const known = new Set((await tx.db.drift.findMany({ where: open(host.id, parts), select: { path: true } })).map(({ path }) => path));
  await tx.db.drift.updateMany({ where: open(host.id, parts), data: { lastSeenAt: now } });
  for (const path of parts) {
    if (known.has(path)) continue;
    const { id } = await tx.db.drift.create({ data: { hostId: host.id, path, kind: "part", seenAt: now, lastSeenAt: now } });
    tx.audit({ verb: "drift.file.seen", accountId: null, object: { type: "drift", id, name: `${host.name} ${path}` }, new: { kind: "part", hash: null } });
  }
}

/** Closes the rows of what was sent anew. */
export async function closeParts({ db, clock }: Context, hostId: string, parts: readonly string[]): Promise<void> {
  await db.drift.updateMany({ where: open(hostId, parts), data: { state: "repaired", endedAt: clock.now() } });
}
