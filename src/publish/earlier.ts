/** What failed in the batches of a run that are behind it: a fault that grows batch by batch is one fault, and when it turns out to be ours, nobody stays blamed. */
import type { Run } from "./engine.js";
import type { RunFailure } from "./failure.js";
import type { BlamedUnit } from "./systemic.js";

/** Of all batches before the one under way. */
export interface Earlier {
  units: number;
  failed: (BlamedUnit & { id: string; role: string; key: string })[];
}

const PAGE = 500;

/** Adds the batch that has just been recorded. */
export function noteBatch(run: Run): void {
  run.earlier.units += run.units.length;
  for (const { row, desired, fault } of run.units) {
    if (fault === null) continue;
    run.earlier.failed.push({ id: row.id, role: row.role, key: row.key, accountId: desired.accountId, code: fault.code });
  }
}

/** Takes the blame back from those whom earlier batches of this run blamed for what now is our fault: they are touched again, as the rest of the run is. */
export async function forgiveAlike({ ctx, publicationId, earlier }: Run, failure: RunFailure): Promise<void> {
  const { code, data } = failure.error;
  const alike = code === "publications.failing_alike" ? earlier.failed.filter((unit) => unit.code === data["code"]) : [];
  for (let start = 0; start < alike.length; start += PAGE) {
    const page = alike.slice(start, start + PAGE);
    await ctx.transaction(async (tx) => {
      await tx.db.publishUnit.updateMany({
        where: { id: { in: page.map(({ id }) => id) }, quarantineCode: data["code"] ?? "" },
        data: { quarantineCode: null, quarantinedAt: null, failedVersion: null, published: { decrement: 1 } },
      });
      await tx.db.publicationPart.updateMany({
        where: { publicationId, faultCode: data["code"] ?? "", key: { in: page.map(({ key }) => key) } },
        data: { faultCode: null, output: [], result: "pending" },
      });
    });
  }
}
