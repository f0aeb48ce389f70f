/** What keeps publications going when nobody looks. */
import type { JobDefinition } from "../../core/feature.js";
import { pruneReleases, publisherOf } from "../../publish/index.js";

export const publicationJobs: JobDefinition[] = [
  {
    name: "publications.catch-up",
    schedule: "* * * * *",
    leaseSeconds: 300,
    async run(_ctx, services) {
      const publisher = publisherOf(services);
      const woken = await publisher.catchUp();
      await publisher.idle();
      return { summary: `${woken.length} hosts woken` };
    },
  },
  {
    name: "publications.prune",
    schedule: "17 3 * * *",
    leaseSeconds: 3600,
    async run(ctx, services) {
      const { releases, contents } = await pruneReleases(ctx, publisherOf(services).store);
      return { summary: `${releases} releases, ${contents} contents` };
    },
  },
];
