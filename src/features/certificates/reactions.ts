/** What certificates do when sites or hosts change, in the same transaction. */
import type { Feature } from "../../core/feature.js";
import { spreadPlaces } from "./places.js";
import { dropSubject, followHost, followSite, passOn } from "./subjects.js";

export const reactions: NonNullable<Feature["on"]> = {
  async "accounts.placed"(tx, { accountId }) {
    for (const { id } of await tx.db.certificateSubject.findMany({ where: { accountId }, select: { id: true } })) await spreadPlaces(tx, id);
  },
  async "sites.changed"(tx, fact) {
    await followSite(tx, fact);
  },
  async "sites.moved"(tx, { siteId }) {
    await passOn(tx, siteId);
  },
  async "sites.releasing"(tx, { siteId }) {
    const subject = await tx.db.certificateSubject.findUnique({ where: { siteId } });
    if (subject) await dropSubject(tx, subject);
  },
  async "hosts.named"(tx, { hostId, purpose, names }) {
    if (purpose === "ftp") await followHost(tx, { hostId, service: purpose, names });
  },
  async "hosts.saved"(tx, { hostId }) {
    // A machine that was prepared anew has forgotten what was placed on it.
    await tx.db.acmeThumbprint.deleteMany({ where: { hostId } });
    await tx.db.certificatePlace.updateMany({ where: { hostId }, data: { nextAt: tx.clock.now() } });
  },
  async "hosts.removing"(tx, { hostId }) {
    await tx.db.acmeThumbprint.deleteMany({ where: { hostId } });
    await tx.db.certificatePlace.deleteMany({ where: { hostId } });
  },
};
