/** What certificates do when sites or hosts change, in the same transaction. */
import type { Feature } from "../../core/feature.js";
import { dropSubject, followHost, followSite } from "./subjects.js";

export const reactions: NonNullable<Feature["on"]> = {
  async "sites.changed"(tx, fact) {
    await followSite(tx, fact);
  },
  async "sites.releasing"(tx, { siteId }) {
    const subject = await tx.db.certificateSubject.findUnique({ where: { siteId } });
    if (subject) await dropSubject(tx, subject);
  },
  async "hosts.named"(tx, { hostId, purpose, names }) {
    if (purpose === "ftp") await followHost(tx, { hostId, service: purpose, names });
  },
  async "hosts.removing"(tx, { hostId }) {
    await tx.db.certificatePlace.deleteMany({ where: { hostId } });
  },
};
