/** A panel within the heap that its unit allows, and a change of what stands in every zone: run by many-zones.test.ts as a process of its own. */
import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import { discoverFeatures } from "../../../src/core/discover.js";
import type { DirectDoor } from "../../../src/core/machine/index.js";
import type { Services } from "../../../src/core/services.js";
import { daemon as knot } from "../../../src/daemons/knot/daemon.js";
import { dnsRole } from "../../../src/features/dns/roles.js";
import { changeSettings } from "../../../src/features/dns/zone-settings.js";
import type { Daemon, Role } from "../../../src/publish/contract.js";
import { createPublisher } from "../../../src/publish/index.js";
import { directory, hostRecord, testServices } from "../../publish/rig.js";
import { testEnv } from "../../support/app.js";
import { createTestContext } from "../../support/context.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, connectFeatures, createAccount, createHost } from "../../support/factories.js";

/** What the process is told, as JSON in its first argument. */
export interface Orders {
  zones: number;
  /** Zones of two thousand records among them. */
  large: number;
  /** Whether the change of name servers is published too, or only looked at. */
  again: boolean;
  door: DirectDoor;
}

/** What it tells, as the only line of its output. */
export interface Told {
  states: string[];
  /** What went wrong, if anything did. */
  faults: unknown[];
  releases: number;
  published: number;
  waiting: number;
  heapLimitMb: number;
  peakMb: number;
  seconds: Record<string, number>;
}

const ROWS = 500;
const LARGE = 2_000;
const AT_ONCE = 100;
const { zones, large, again, door } = JSON.parse(process.argv[2] as string) as Orders;
const ends: (() => unknown)[] = [];
const scope = { after: (end: () => unknown) => void ends.push(end), skip: () => undefined } as unknown as Scope;
const ctx = await createTestContext(scope);
const features = await discoverFeatures();
connectFeatures(ctx.events, features);
await allowTestNames(ctx);
const host = await createHost(ctx, { name: "ns1", roles: ["files", "php", "web", "dns"] });
const account = await createAccount(ctx, { login: "asso", host });
const env = testEnv("file:unused");
const services: Services = { ...testServices(scope, ctx), features };
const publisher = createPublisher({
  services,
  roles: [dnsRole({ features, env })] as unknown as Role<never>[],
  daemons: [knot] as unknown as Daemon<never>[],
  hosts: directory([{ ...hostRecord("ns1", door, [{ name: "knot", role: "dns" }], 0), id: host.id }]),
  probers: {},
});
const seconds: Record<string, number> = {};
const timed = async (name: string, act: () => Promise<unknown>) => {
  const began = performance.now();
  await act();
  seconds[name] = Math.round((performance.now() - began) / 100) / 10;
};

await timed("rows", layRows);
await timed("settings", () => changeSettings(ctx, { nameServers: "ns1.dns.test", hostmaster: "hostmaster@dns.test" }));
await timed("first", () => publisher.idle());
if (!again) await publisher.close();
await timed("change", () => changeSettings(ctx, { nameServers: "ns1.dns.test\nns2.dns.test" }));
if (again) await timed("second", () => publisher.idle());
else await timed("dry", () => publisher.dryRun(host.id));

const units = await ctx.db.publishUnit.groupBy({ by: ["wanted", "published"], where: { hostId: host.id, role: "dns" }, _count: true });
const count = (done: boolean) => units.filter(({ wanted, published }) => (published === wanted) === done).reduce((sum, { _count }) => sum + _count, 0);
const told: Told = {
  states: (await ctx.db.publication.findMany({ orderBy: { number: "asc" } })).map(({ state }) => state),
  faults: [
    ...(await ctx.db.publication.findMany()).flatMap(({ errors }) => errors as unknown[]),
    ...(await ctx.db.publicationPart.findMany({ where: { faultCode: { not: null } }, take: 3 })),
  ],
  releases: await ctx.db.release.count(),
  published: count(true),
  waiting: count(false),
  heapLimitMb: Math.round(getHeapStatistics().heap_size_limit / 2 ** 20),
  peakMb: Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024),
  seconds,
};
process.stdout.write(`${JSON.stringify(told)}\n`);
await publisher.close();
for (const end of ends.reverse()) await end();
process.exit(0);

async function layRows(): Promise<void> {
  for (let start = 0; start < zones; start += ROWS) {
    const page = Array.from({ length: Math.min(ROWS, zones - start) }, (_, at) => start + at);
    const of = (index: number) => ({ accountId: account.id, name: `z${index}.many.test` });
    await ctx.db.domain.createMany({ data: page.map((index) => ({ id: `domain-${index}`, ...of(index), search: `z${index}` })) });
    await ctx.db.zone.createMany({
      data: page.map((index) => ({ id: `zone-${index}`, domainId: `domain-${index}`, ...of(index), dnsHostId: host.id, serialFloor: 1, signed: true })),
    });
    const records: DnsRecordRow[] = [];
    const lay = async () => void (await ctx.db.dnsRecord.createMany({ data: records.splice(0, AT_ONCE) }));
    for (const index of page) {
      for (let at = 0; at < (index < large ? LARGE : 5); at += 1) records.push(recordOf(index, at, of(index)));
      while (records.length >= AT_ONCE) await lay();
    }
    while (records.length > 0) await lay();
  }
}

type DnsRecordRow = ReturnType<typeof recordOf>;

function recordOf(index: number, at: number, { accountId, name }: { accountId: string; name: string }) {
  return {
    ...{ id: `${index}-${at}`, zoneId: `zone-${index}`, accountId, name: `r${at}.${name}`, type: "A" },
    ...{ data: { type: "A", address: "192.0.2.1" }, value: "192.0.2.1" },
  };
}
