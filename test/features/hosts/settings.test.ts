/** Settings of a daemon on a host: declared by its folder, drawn, checked, audited, and published. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { getSettings, setSettings } from "../../../src/features/hosts/settings.js";
import type { Daemon } from "../../../src/publish/contract.js";
import { publisherOf } from "../../../src/publish/index.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { createHost } from "../../support/factories.js";

const speaker: Daemon = {
  name: "speaker",
  role: "speech",
  render: () => [],
  renderNotice: () => [],
  explain: () => [],
  forwardOnly: false,
  options: {
    port: { type: "integer", title: "hosts.fields.name", default: 53, minimum: 1, maximum: 65535 },
    loud: { type: "boolean", title: "hosts.fields.state", default: true },
    greeting: { type: "text", title: "hosts.fields.role", default: "hello", pattern: "[a-z]*", maxLength: 10 },
  },
};

async function scene(app: TestApp) {
  const ctx = app.ctx();
  const host = await createHost(ctx, { name: "voice" });
  for (const daemon of ["speaker", "silent"]) await ctx.db.hostDaemon.create({ data: { hostId: host.id, daemon, role: "speech" } });
  await ctx.db.publishUnit.create({ data: { hostId: host.id, role: "speech", key: "1", wanted: 4, published: 4, verified: 4 } });
  return { ctx, host, daemons: publisherOf(app.services).daemons };
}

test("settings are the daemon's defaults until they are set; a change is audited and touches the units of its role", async (t) => {
  const app = await buildTestApp(t, { daemons: [speaker] });
  const { ctx, host, daemons } = await scene(app);
  assert.deepEqual((await getSettings(ctx, daemons, "voice", "speaker")).values, { port: 53, loud: true, greeting: "hello" });
  await setSettings(ctx, daemons, host.id, "speaker", { port: "5353" });
  assert.deepEqual((await getSettings(ctx, daemons, host.id, "speaker")).values, { port: 5353, loud: true, greeting: "hello" });
  const unit = await ctx.db.publishUnit.findFirstOrThrow({ where: { hostId: host.id, role: "speech" } });
  assert.equal(unit.wanted, 5);
  assert.equal((await publisherOf(app.services).hosts.find(ctx.db, host.id))?.options["speaker"]?.["port"], 5353);
  await setSettings(ctx, daemons, host.id, "speaker", { port: 5353 });
  assert.equal((await ctx.db.publishUnit.findFirstOrThrow({ where: { hostId: host.id, role: "speech" } })).wanted, 5, "nothing changed, nothing is published");
  for (const unknown of ["silent", "nobody"]) await assert.rejects(getSettings(ctx, daemons, "voice", unknown), { code: "hosts.daemon_unknown" });
});

test("an administrator's form keeps what was typed and tells what is wrong; members see nothing of it", async (t) => {
  const app = await buildTestApp(t, { daemons: [speaker] });
  const { ctx, host, daemons } = await scene(app);
  await app.createUser("root", { admin: true });
  const root = await app.as("root");
  const path = `/hosts/${host.id}/daemons/speaker`;
  const refused = await root.submit(path, path, { port: "70000", greeting: "HELLO" });
  assert.equal(refused.statusCode, 422);
  assert.match(refused.body, /A whole number from 1 to 65535/);
  assert.match(refused.body, /value="70000"/);
  const saved = await root.submit(path, path, { port: "1053", greeting: "salut" });
  assert.equal(saved.statusCode, 303);
  assert.deepEqual(
    (await getSettings(ctx, daemons, host.id, "speaker")).values,
    { port: 1053, loud: false, greeting: "salut" },
    "a box that is not ticked is false",
  );
  await app.createUser("member");
  const member = await app.as("member");
  assert.ok([403, 404].includes((await member.get(path)).statusCode));
});
