/**
 * A panel without machines. `fill`: everything is published to a machine that takes whatever it is sent. `compare`, in a process of its own: the nightly
 * run's full render, compared with what that wrote down.
 */
import { boot, type Program } from "../../../src/boot.js";
import { discoverFeatures } from "../../../src/core/discover.js";
import type { Machine, MachineStatus } from "../../../src/core/machine/index.js";
import { saveHost } from "../../../src/features/hosts/hosts.js";
import { startPanel } from "../../../src/panel.js";
import type { HostDirectory, HostingFeature, HostRecord } from "../../../src/publish/index.js";
import { batchOf, layAccounts } from "./accounts.js";
import { environmentOf, memoryOf } from "./environment.js";
import { answerLines } from "./lines.js";

await answerLines({
  async fill({ state, sites, batch }: { state: string; sites: number; batch: number | null }) {
    const features = ((await discoverFeatures()) as HostingFeature[]).map((feature) => ({
      ...feature,
      // Nobody is there to be asked: units then count as proven by their daemon.
      probers: undefined,
      ...(feature.hosts === undefined
        ? {}
        : { hosts: (services: Program["services"]) => takingAll((feature.hosts as NonNullable<typeof feature.hosts>)(services)) }),
    }));
    const program = await boot(environmentOf(state), {
      features,
      publisher: batch === null ? {} : { limits: { batch: batchOf(batch) } },
    });
    const system = program.services.context({ kind: "system", name: "bench" });
    const { id } = await saveHost(system, {
      ...{ name: "web1", address: "192.0.2.1", door: "ssh" as const, port: 22, user: "mutu", homes: "/srv/mutu/homes" },
      daemons: [
        { daemon: "apache", role: "web" },
        { daemon: "nginx", role: "web" },
        { daemon: "php-fpm", role: "php" },
      ],
    });
    await layAccounts(system, id, sites);
    await program.services.publisher.touchAll(id);
    const started = performance.now();
    const { state: ended } = await program.services.publisher.run(id);
    if (ended !== "done") throw new Error(`the publication ended ${ended}`);
    const ms = performance.now() - started;
    await program.close();
    return { ms, ...memoryOf() };
  },
  async compare({ state }: { state: string }) {
    const panel = await startPanel(environmentOf(state));
    const before = memoryOf();
    const started = performance.now();
    const { units, different } = await panel.program.services.publisher.compareAll();
    const ms = performance.now() - started;
    const { peakMb } = memoryOf();
    await panel.close();
    return { ms, units, different, startedMb: before.rssMb, peakMb };
  },
});
process.exit(0);

function takingAll(directory: HostDirectory): HostDirectory {
  let root: string | null = null;
  const live = () => ({ ok: true as const, value: { root: root ?? "", activation: 1, previous: null } });
  const machine = {
    probe: async () => null,
    status: async () => ({ ok: true as const, value: { root, previous: null, fence: 0 } as MachineStatus }),
    publish: async ({ root: sent }: { root: string }, tar: AsyncIterable<Buffer>) => {
      for await (const _ of tar);
      root = sent;
      return live();
    },
    settle: async () => live(),
  } as unknown as Machine;
  const taking = (host: HostRecord): HostRecord => ({ ...host, machine });
  return {
    ...directory,
    list: async (db) => (await directory.list(db)).map(taking),
    async find(db, id) {
      const host = await directory.find(db, id);
      return host && taking(host);
    },
  };
}
