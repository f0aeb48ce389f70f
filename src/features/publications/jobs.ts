/** What keeps publications going when nobody looks. */
import type { JobDefinition } from "../../core/feature.js";
import { pruneReleases, publisherOf } from "../../publish/index.js";

/** Its last run is a check: what nobody compares goes wrong unseen. */
export const NIGHTLY = "publications.nightly";

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
    name: NIGHTLY,
    schedule: "41 1 * * *",
    leaseSeconds: 7200,
    async run(_ctx, services) {
      const publisher = publisherOf(services);
      const { units, different, touched, change } = await publisher.compareAll();
      await publisher.idle();
      const waits = change === null ? "" : `, ${change.state === "waiting" ? "the rest waits for a person" : change.state}`;
      return { summary: `${units} units compared, ${different} differ, ${touched} put right${waits}` };
    },
  },
  {
    name: "publications.renderer",
    schedule: "* * * * *",
    leaseSeconds: 7200,
    async run(_ctx, services) {
      const change = await publisherOf(services).advanceRenderer();
      return { summary: change === null ? "nothing waits" : change.state };
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
