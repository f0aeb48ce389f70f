/** How features say which records follow from what they keep: a door, so that dns imports none of them. */
import type { Db } from "../../core/db.js";
import type { Services } from "../../core/services.js";
import type { HostingFeature } from "../../publish/contract.js";
import type { RecordData, RecordName } from "./role.js";

/** A domain of which the implied records are asked. */
export interface NamedDomain {
  id: string;
  /** A-label, lower case, no last dot. */
  name: string;
  accountId: string;
}

/** A record that follows from something, shown beside the members' own with its reason. */
export interface DerivedRecord {
  name: RecordName;
  /** Seconds; null: the zone's default. */
  ttl: number | null;
  data: RecordData;
  /** Message key of the contributing feature and its values: "the site asso.org answers there". */
  reason: { key: string; data: Record<string, string | number> };
  /** What stops when the record is turned off, each a message key with `count`: "mail of {{count}} boxes". */
  needed?: { key: string; data: Record<string, string | number> }[];
}

/** A derived record with the feature from which it comes. */
export interface ContributedRecord extends DerivedRecord {
  feature: string;
}

declare module "../../publish/contract.js" {
  interface HostingFeature {
    /**
     * Records that follow from this feature's facts, by the id of the domain; cost follows the number of domains asked. Names lie at or below the
     * domain. After a change of these facts the feature calls `touchZones`, in the transaction of the change.
     */
    dnsRecords?(db: Db, domains: readonly NamedDomain[]): Promise<Map<string, DerivedRecord[]>>;
  }
}

/** Asks every feature for the records that it implies for these domains. */
export async function contributedRecords(features: Services["features"], db: Db, domains: readonly NamedDomain[]): Promise<Map<string, ContributedRecord[]>> {
  const all = new Map<string, ContributedRecord[]>(domains.map(({ id }) => [id, []]));
  for (const feature of features as readonly HostingFeature[]) {
    const implied = await feature.dnsRecords?.(db, domains);
    for (const [id, records] of implied ?? []) all.get(id)?.push(...records.map((record) => ({ ...record, feature: feature.name })));
  }
  return all;
}
