/** Which versions of programs serve a live release. When a machine tells others, by Debian's own doing, everything is rendered, compared and asked once more. */
import type { TransactionContext } from "../core/context.js";
import { touchServed } from "./touch.js";

/** Each daemon's own lines, as `status` tells them. */
export type Told = ReadonlyMap<string, readonly (readonly [string, string])[]>;

/** Picks what is a version (`version`, `versions`, `module`), by daemon, in one order. */
export function versionsOf(told: Told): Record<string, string> {
  const found = [...told].flatMap(([daemon, lines]) =>
    lines.filter(([key]) => key === "version" || key === "versions" || key === "module").map(([key, value]) => [`${daemon} ${key}`, value] as const),
  );
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Writes down the versions that the live release runs on. Others than before: everything that serves is touched. Returns what it was about, or null. */
export async function noteVersions(
  tx: TransactionContext,
  hostId: string,
  told: Told,
): Promise<{ before: Record<string, string>; now: Record<string, string> } | null> {
  const now = versionsOf(told);
  const live = await tx.db.release.findFirst({
    where: { hostId, state: "live" },
    orderBy: { number: "desc" },
    select: { id: true, versions: true, number: true },
  });
  if (live === null || Object.keys(now).length === 0) return null;
  const known = live.versions !== null ? live : await lastKnown(tx, hostId);
  const before = (known?.versions ?? null) as Record<string, string> | null;
  const same = before !== null && JSON.stringify(sorted(before)) === JSON.stringify(now);
  if (live.versions === null || !same) await tx.db.release.update({ where: { id: live.id }, data: { versions: now } });
  if (before === null || same) return null;
  await touchServed(tx, hostId, "versions");
  return { before, now };
}

/** A release that has just come to serve runs on what the one before ran on, until the machine says otherwise. */
async function lastKnown(tx: TransactionContext, hostId: string): Promise<{ versions: unknown } | null> {
  const recent = await tx.db.release.findMany({ where: { hostId }, orderBy: { number: "desc" }, take: 50, select: { versions: true } });
  return recent.find(({ versions }) => versions !== null) ?? null;
}

const sorted = (record: Record<string, string>) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
