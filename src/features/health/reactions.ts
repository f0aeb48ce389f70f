/** A domain that appears, or changes, is asked about soon. */
import type { TransactionContext } from "../../core/context.js";
import type { Feature } from "../../core/feature.js";

export const reactions: NonNullable<Feature["on"]> = {
  async "domains.added"(tx, { domainId, accountId }) {
    await tx.db.domainHealth.create({ data: { domainId, accountId, nextAt: tx.clock.now() } });
  },
  async "domains.restored"(tx, { domainId }) {
    await soon(tx, domainId);
  },
  async "domains.moved"(tx, { domainId }) {
    await soon(tx, domainId);
  },
  async "dns.zone_changed"(tx, { domainId }) {
    await soon(tx, domainId);
  },
};

async function soon(tx: TransactionContext, domainId: string): Promise<void> {
  await tx.db.domainHealth.updateMany({ where: { domainId }, data: { nextAt: tx.clock.now() } });
}
