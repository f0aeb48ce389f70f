/** How publication stands on each host, for those who watch over it. */
import type { Db } from "../core/db.js";

/** One host that has been published to. */
export interface HostStanding {
  hostId: string;
  /** What serves, as the panel believes; null: nothing yet. */
  release: { number: number; at: Date } | null;
  /** The last publication that ended. */
  last: { id: string; number: number; state: string; at: Date; code: string | null; door: string | null } | null;
  /** Units whose present state could not be published; they serve their last good files, or a notice. */
  doubted: number;
}

/** Reads them for these hosts, with three small queries each. */
export async function readStandings(db: Db, hostIds: readonly string[]): Promise<HostStanding[]> {
  return Promise.all(hostIds.map((hostId) => readStanding(db, hostId)));
}

async function readStanding(db: Db, hostId: string): Promise<HostStanding> {
  const [release, last, doubted] = await Promise.all([
    db.release.findFirst({ where: { hostId, state: "live" }, orderBy: { number: "desc" }, select: { number: true, createdAt: true } }),
    db.publication.findFirst({ where: { hostId, endedAt: { not: null } }, orderBy: { number: "desc" } }),
    db.publishUnit.count({ where: { hostId, quarantineCode: { not: null }, failedVersion: { gte: db.publishUnit.fields.wanted } } }),
  ]);
  const [first] = (last?.errors ?? []) as { code?: string; data?: Record<string, string> }[];
  return {
    hostId,
    release: release && { number: release.number, at: release.createdAt },
    last: last && {
      id: last.id,
      number: last.number,
      state: last.state,
      at: last.endedAt ?? last.startedAt,
      code: first?.code ?? null,
      door: first?.data?.["door"] ?? null,
    },
    doubted,
  };
}
