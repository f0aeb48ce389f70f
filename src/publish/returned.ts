/** Machines that were away and answer again: what waits for them goes out within a minute, however long the pause between attempts has grown. */
import type { Context } from "../core/context.js";
import type { WaitingHost } from "./catch-up.js";
import type { HostDirectory } from "./contract.js";

/** Knocks at the doors that were found closed, side by side; gives the hosts that answer. Whoever keeps the hosts is told of each. */
export async function listReturned(ctx: Context, hosts: HostDirectory, waiting: readonly WaitingHost[]): Promise<string[]> {
  const now = ctx.clock.now();
  const away = waiting.filter((one) => one.away && one.nextAt !== null && one.nextAt > now);
  const found = await Promise.all(
    away.map(async ({ hostId }) => {
      const host = await hosts.find(ctx.db, hostId);
      const fault = host === null ? "gone" : await host.machine.probe();
      if (host !== null) await hosts.noteReach?.(ctx, hostId, fault);
      return fault === null ? hostId : null;
    }),
  );
  return found.filter((hostId) => hostId !== null);
}
