/** A database that is older than its machines: led back after a restoration, refused without one. */
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openDatabase } from "../../src/core/db.js";
import { loadDump, takeSnapshot } from "../../src/features/backups/snapshot.js";
import { probers } from "../../src/features/sites/probers.js";
import { createPublisher, markRestored } from "../../src/publish/index.js";
import { createTestContext } from "../support/context.js";
import { testProvider } from "../support/database.js";
import { createEmptyPostgresqlDatabase } from "../support/postgresql.js";
import { directory, hostRecord, LIMITS, makePanel, manifestOf, type Panel, setWords, testDaemon, testRole, testServices, type Words } from "./rig.js";

const site = (number: number, text: string): Words => ({ text, names: [`s${number}.example.org`] });
const textOf = async ({ machine }: Panel): Promise<string[]> =>
  Object.values((await machine.live()) ?? {})
    .map((content) => /^text (.*)/m.exec(content)?.[1] ?? "?")
    .sort();

/** The same panel, made anew from a copy of its database and its store. */
async function rebuild(t: TestContext, panel: Panel, snapshot: string): Promise<Panel> {
  const url = testProvider === "postgresql" ? await createEmptyPostgresqlDatabase(t) : `file:${snapshot}`;
  if (testProvider === "postgresql") await loadDump(url, snapshot);
  const database = Object.assign(await openDatabase(url), { url });
  t.after(() => database.close());
  const ctx = await createTestContext(t, { database });
  const services = testServices(t, ctx);
  Object.assign(services.env, { keys: panel.services.env.keys });
  cpSync(join(panel.services.env.state, "store"), join(services.env.state, "store"), { recursive: true });
  const { door, port } = panel.machine;
  const publisher = createPublisher({
    ...{ services, probers, limits: LIMITS },
    roles: [testRole("web", ["files"])] as never,
    daemons: [testDaemon("tester", "web")] as never,
    hosts: directory([hostRecord("web1", door, [{ name: "tester", role: "web" }], port)]),
  });
  t.after(() => publisher.close());
  return {
    ...panel,
    ...{ ctx, services, publisher },
    set: (units) => ctx.transaction((tx) => setWords(tx, "web1", "web", units)),
    unit: (key) => ctx.db.publishUnit.findFirstOrThrow({ where: { hostId: "web1", key } }),
    publication: () => ctx.db.publication.findFirstOrThrow({ where: { hostId: "web1" }, orderBy: { number: "desc" } }),
  };
}

async function publishThree(panel: Panel): Promise<void> {
  await panel.set({ "2001": site(2001, "first"), "2002": site(2002, "first"), "2003": site(2003, "first") });
  await panel.publisher.idle();
}

async function snapshotOf(panel: Panel): Promise<string> {
  const file = join(panel.services.env.state, "snapshot");
  await takeSnapshot(panel.ctx.database.url, file);
  return file;
}

const fenceOf = async ({ publisher, ctx }: Panel) => {
  const status = await (await publisher.hosts.find(ctx.db, "web1"))?.machine.status();
  assert.ok(status?.ok);
  return status.value;
};

test("nothing has changed since the backup: a full run finds an empty plan, and no daemon is called", async (t) => {
  const panel = await makePanel(t);
  await publishThree(panel);
  const rebuilt = await rebuild(t, panel, await snapshotOf(panel));
  await rebuilt.ctx.transaction((tx) => markRestored(tx, ["web1"], "2026-11-28T00:00:00Z"));
  const before = panel.machine.calls().filter((verb) => verb !== "status");
  const { activation } = await fenceOf(panel);
  await rebuilt.publisher.touchAll("web1");
  const report = await rebuilt.publisher.run("web1");
  assert.equal(report.state, "done");
  assert.deepEqual(await rebuilt.ctx.db.publicationPart.groupBy({ by: ["change"], where: { publicationId: report.publicationId as string } }), [
    { change: "unchanged" },
  ]);
  assert.deepEqual(
    panel.machine.calls().filter((verb) => verb !== "status"),
    before,
  );
  assert.equal((await fenceOf(panel)).activation, activation);
  assert.equal(
    await rebuilt.ctx.db.setting.count({ where: { key: { startsWith: "backups.restored" } } }),
    0,
    "an unknown root of later is not the restoration's",
  );
});

for (const [kept, changes] of [
  ["is still kept by the machine", 3],
  ["is not kept any more", 12],
] as const)
  test(`the machine went on after the backup, whose release ${kept}: it is led back, then every change of now is published`, async (t) => {
    const panel = await makePanel(t);
    await publishThree(panel);
    const snapshot = await snapshotOf(panel);
    for (let turn = 1; turn <= changes; turn += 1) {
      await panel.set({ "2001": site(2001, `later ${turn}`), "2003": null, [String(3000 + turn)]: site(3000 + turn, "made later") });
      await panel.publisher.idle();
    }
    const ahead = await fenceOf(panel);
    const rebuilt = await rebuild(t, panel, snapshot);
    await rebuilt.set({ "2002": site(2002, "of now") });
    assert.equal((await rebuilt.publisher.run("web1")).state, "refused", "without a restoration a person decides");
    assert.equal(((await rebuilt.publication()).errors as { code: string }[])[0]?.code, "publications.unknown_root");
    assert.equal((await fenceOf(panel)).root, ahead.root);

    await rebuilt.ctx.transaction((tx) => markRestored(tx, ["web1"], "2026-11-28T00:00:00Z"));
    assert.equal((await rebuilt.publisher.run("web1")).state, "done");
    assert.deepEqual(await textOf(panel), ["first", "first", "of now"]);
    const live = await fenceOf(panel);
    assert.ok(live.fence > ahead.fence && live.activation > ahead.activation, "numbers only grow");
    const machine = Object.entries((await panel.machine.live()) ?? {}).length;
    assert.equal((await manifestOf(rebuilt.ctx)).length, machine);

    // From here on it is a panel as any other.
    await rebuilt.set({ "2003": null, "2004": site(2004, "new") });
    await rebuilt.publisher.idle();
    assert.deepEqual(await textOf(panel), ["first", "new", "of now"]);
    await panel.machine.forgeRoot();
    await rebuilt.set({ "2004": site(2004, "newer") });
    await rebuilt.publisher.run("web1");
    assert.equal((await rebuilt.publication()).state, "refused");
  });
