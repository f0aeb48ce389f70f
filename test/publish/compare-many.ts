/** A program of compare-memory.test.ts: a database of many units that were published, and one comparison of them all. Prints what it found. */
import { createHash } from "node:crypto";
import type { Daemon, Desired, Role } from "../../src/publish/contract.js";
import { createPublisher } from "../../src/publish/index.js";
import { contentHash, shardOf } from "../../src/publish/manifest.js";
import { createTestContext } from "../support/context.js";
import type { Scope } from "../support/database.js";
import { directory, hostRecord, testServices } from "./rig.js";

const BYTES = 40_000;
const PAGE = 500;
const HOST = "web1";
const count = Number(process.argv[2]);

const ends: (() => unknown)[] = [];
const scope = { after: (end: () => unknown) => void ends.unshift(end) } as unknown as Scope;
const keys = Array.from({ length: count }, (_, at) => String(100_000 + at));
// Three of one account: what is found goes at once.
const forgotten = new Set(keys.slice(7, 10));
const contentOf = (key: string, version: string) =>
  `${createHash("sha256")
    .update(`${key} ${version}`)
    .digest("hex")
    .repeat(BYTES / 64)}\n`;

const role: Role<{ version: string }> = {
  ...{ name: "web", after: [] },
  keys: async (_db, _host, after, limit) => keys.filter((key) => key > after).slice(0, limit),
  collect: async (_db, _host, wanted) =>
    wanted.map((key): Desired<{ version: string }> => {
      const version = forgotten.has(key) ? "later" : "first";
      return { key, accountId: forgotten.has(key) ? "one" : key, says: [], claims: [], withdrawn: false, probes: [], state: { version } };
    }),
};
const daemon: Daemon<{ version: string }> = {
  ...{ name: "tester", role: "web", forwardOnly: false },
  render: ({ key, state }) => [{ path: `accounts/${key}.conf`, content: contentOf(key, state.version) }],
  renderNotice: () => [],
  explain: () => [],
};

const ctx = await createTestContext(scope);
for (let start = 0; start < keys.length; start += PAGE) {
  const page = keys.slice(start, start + PAGE);
  const unit = (key: string) => ({
    hostId: HOST,
    role: "web",
    key,
    accountId: forgotten.has(key) ? "one" : key,
    wanted: 1,
    published: 1,
    verified: 1,
    serving: "present",
  });
  await ctx.db.publishUnit.createMany({ data: page.map(unit) });
  const file = (key: string) => {
    const content = contentOf(key, "first");
    return {
      hostId: HOST,
      path: `${shardOf(key)}/tester/accounts/${key}.conf`,
      shard: shardOf(key),
      role: "web",
      key,
      hash: contentHash(content),
      size: content.length,
    };
  };
  await ctx.db.publishedFile.createMany({ data: page.map(file) });
}
// The machine is away: only the comparison is looked at.
const record = hostRecord(HOST, { kind: "direct", argv: ["/nonexistent/apply"] }, [{ name: "tester", role: "web" }], 1);
const publisher = createPublisher({
  ...{ services: testServices(scope, ctx), hosts: directory([record]), probers: {} },
  roles: [role] as unknown as Role<never>[],
  daemons: [daemon] as unknown as Daemon<never>[],
});
ends.unshift(() => publisher.close());
const found = await publisher.compareAll();
await publisher.idle();
process.stdout.write(JSON.stringify(found));
for (const end of ends) await end();
