/** How other features mark domains on their list: a door, so that domains imports none of them. */
import type { Db } from "../../core/db.js";
import type { Services } from "../../core/services.js";
import type { HostingFeature } from "../../publish/contract.js";

export interface DomainMark {
  /** State of a chip. */
  chip: string;
  /** Message key of its words. */
  label: string;
  href: string;
}

declare module "../../publish/contract.js" {
  interface HostingFeature {
    /** Marks of domains, by their id; the cost follows their number. */
    domainMarks?(db: Db, domainIds: readonly string[]): Promise<Map<string, DomainMark>>;
  }
}

/** Gathers the marks of these domains. */
export async function marksOf(features: Services["features"], db: Db, domainIds: readonly string[]): Promise<Map<string, DomainMark[]>> {
  const all = new Map<string, DomainMark[]>(domainIds.map((id) => [id, []]));
  for (const feature of features as readonly HostingFeature[]) {
    for (const [id, mark] of (await feature.domainMarks?.(db, domainIds)) ?? []) all.get(id)?.push(mark);
  }
  return all;
}
