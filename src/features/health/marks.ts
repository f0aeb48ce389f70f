/** The chip of each domain on the list of domains. */
import type { Db } from "../../core/db.js";
import type { DomainMark } from "../domains/index.js";
import type { HealthState } from "./report.js";
import { STATE_CHIPS } from "./shown.js";

/** Gives the marks of these domains, by their id. */
export async function healthMarks(db: Db, domainIds: readonly string[]): Promise<Map<string, DomainMark>> {
  const rows = await db.domainHealth.findMany({
    where: { domainId: { in: [...domainIds] }, checkedAt: { not: null } },
    select: { domainId: true, state: true },
  });
  return new Map(
    rows.map(({ domainId, state }) => [
      domainId,
      { chip: STATE_CHIPS[state as HealthState], label: `health.states.${state}`, href: `/domains/${domainId}/health` },
    ]),
  );
}
