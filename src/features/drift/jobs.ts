/** Everything is hashed anew each night: nobody has to publish for a hand edit to be seen. */
import type { JobDefinition } from "../../core/feature.js";
import { publisherOf } from "../../publish/index.js";
import { look } from "./drifts.js";

export const driftJobs: JobDefinition[] = [
  {
    name: "drift.look",
    schedule: "41 2 * * *",
    leaseSeconds: 7200,
    async run(ctx, services) {
      const publisher = publisherOf(services);
      if ((await publisher.hosts.list(ctx.db)).length === 0) return { summary: "no hosts" };
      const looks = await look(ctx, publisher);
      await publisher.idle();
      const said = looks.map(({ host, outcome }) => `${host}: ${outcome.ok ? `${outcome.value} files` : outcome.failure.kind}`);
      return { summary: said.join(", ") };
    },
  },
];
