/** Two panels, each a process of its own, on one PostgreSQL behind one address: what one knows the other knows, and only one acts at a time. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../../src/core/db.js";
import { newKeyFile } from "../../src/core/secret.js";
import { saveHost } from "../../src/features/hosts/index.js";
import { makeMachine } from "../publish/machine.js";
import { TEST_PASSWORD } from "../support/app.js";
import { createTestContext } from "../support/context.js";
import { createTestDatabaseUrl } from "../support/database.js";
import { createAccount } from "../support/factories.js";
import { until } from "../support/until.js";
import { startPanelProcess } from "./panel-process.js";

test("two panels on one PostgreSQL", { timeout: 300_000 }, async (t) => {
  const url = await createTestDatabaseUrl(t, "postgresql");
  const database = await openDatabase(url);
  t.after(() => database.close());
  const ctx = await createTestContext(t, { database: { ...database, url } });
  const { db } = ctx;
  const state = mkdtempSync(join(tmpdir(), "mutu-two-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  writeFileSync(join(state, "keys"), newKeyFile("k1"), { mode: 0o600 });
  const { hash, argon2id } = await import("argon2");
  const passwordHash = await hash(TEST_PASSWORD, { type: argon2id, memoryCost: 1024, timeCost: 2, parallelism: 1 });
  for (const login of ["ada", "bob"]) await db.user.create({ data: { login, email: `${login}@example.org`, search: login, admin: true, passwordHash } });

  const machine = await makeMachine(t, "web1", ["homes"]);
  const [applyFile, , machineFile] = machine.door.argv as [string, string, string];
  const daemons = [{ daemon: "homes", role: "files" }];
  const input = { name: "web1", address: "127.0.0.1", door: "direct" as const, applyFile, machineFile, homes: "/srv/homes", daemons };
  const host = await saveHost(ctx, input);
  await createAccount(ctx, { host });

  const settings = { database: url, state };
  const [a, b] = await Promise.all([startPanelProcess(t, settings), startPanelProcess(t, settings)]);
  const logIn = async (panel: typeof a, login: string, password = TEST_PASSWORD) => {
    const browser = panel.visitor();
    return { browser, answer: await browser.submit("/", "/login", { login, password }) };
  };
  const { browser: atA, answer } = await logIn(a, "ada");
  assert.equal(answer.statusCode, 303);
  const atB = b.visitedBy(atA);
  const publications = () => db.publication.findMany({ where: { hostId: host.id }, orderBy: { number: "asc" } });
  const publish = (browser: typeof atB) => browser.submit("/publications/plan", "/publications", { host: host.id, all: "true" });
  const ended = async (count: number) => {
    await until(async () => (await publications()).filter(({ state: ending }) => ending === "done").length >= count, 60);
  };

  await t.test("a session made at one is good at the other, its forms too", async () => {
    assert.equal((await atB.get("/profile")).statusCode, 200);
    assert.equal((await publish(atB)).statusCode, 303);
    await ended(1);
  });

  await t.test("a stream that is open at one hears of what the other publishes", async (t) => {
    const heard = await a.listen(t, atA, "/events/units");
    assert.equal((await publish(atB)).statusCode, 303);
    await until(async () => heard.some((line) => line.startsWith("data:") && line.includes(host.id) && /"state":"(published|verified)"/.test(line)), 60);
  });

  await t.test("a job runs at one at a time", async () => {
    const lease = { name: "audit.verify", holder: "another panel", expiresAt: new Date(Date.now() + 600_000) };
    await db.jobLease.create({ data: lease });
    for (const browser of [atA, atB]) {
      const refused = await browser.submit("/jobs", "/jobs/audit.verify/run");
      assert.equal(refused.statusCode, 409);
    }
    await db.jobLease.delete({ where: { name: lease.name } });
    const both = await Promise.all([atA, atB].map((browser) => browser.submit("/jobs", "/jobs/audit.verify/run")));
    assert.ok(both.some(({ statusCode }) => statusCode === 303));
    const runs = await db.jobRun.findMany({ where: { name: "audit.verify" }, orderBy: { startedAt: "asc" } });
    assert.equal(runs.length, both.filter(({ statusCode }) => statusCode === 303).length);
    for (const [index, run] of runs.entries()) assert.ok(index === 0 || run.startedAt >= (runs[index - 1]?.finishedAt as Date), "two at once");
    const doubled = await db.$queryRawUnsafe<{ name: string }[]>(
      'SELECT a.name FROM "JobRun" a JOIN "JobRun" b ON a.name = b.name AND a.id < b.id WHERE a."startedAt" < COALESCE(b."finishedAt", now()) AND b."startedAt" < COALESCE(a."finishedAt", now())',
    );
    assert.deepEqual(doubled, [], "of all that ran by the clock meanwhile");
  });

  await t.test("guesses are counted across both", async () => {
    for (const panel of [a, b, a, b, a]) assert.equal((await logIn(panel, "bob", "a wrong guess that is long")).answer.statusCode, 422);
    for (const panel of [a, b]) assert.equal((await logIn(panel, "bob")).answer.statusCode, 429);
  });

  await t.test("a panel that is stopped in the middle, and comes back when its lease is gone, activates nothing", async () => {
    const world = join(machine.folder, "world");
    const before = (await publications()).length;
    // A panel that has not published here asks the machine how it is, and is stopped while it waits for the answer.
    writeFileSync(join(world, "hold.status"), "");
    assert.equal((await publish(atA)).statusCode, 303);
    await until(async () => existsSync(join(world, "at.status")), 30);
    process.kill(a.pid, "SIGSTOP");
    rmSync(join(world, "hold.status"));
    const [stalled] = (await publications()).slice(before);
    assert.equal(stalled?.state, "running");
    const lease = await db.hostLease.findUniqueOrThrow({ where: { hostId: host.id } });
    await db.hostLease.update({ where: { hostId: host.id }, data: { until: new Date(Date.now() - 1000) } });
    const account = await createAccount(ctx, { host });
    assert.equal((await publish(atB)).statusCode, 303);
    await until(async () => (await publications()).some(({ number, state: ending }) => number > (stalled?.number ?? 0) && ending === "done"), 60);
    const root = () => readFileSync(join(machine.root, "live/root"), "utf8");
    const served = root();
    assert.ok((await db.hostLease.findUniqueOrThrow({ where: { hostId: host.id } })).fence > lease.fence);

    process.kill(a.pid, "SIGCONT");
    await until(async () => (await a.ask({ method: "GET", url: "/healthz" }).catch(() => null))?.statusCode === 200, 30);
    await until(async () => {
      const row = await db.publication.findUniqueOrThrow({ where: { id: stalled?.id } });
      return row.state === "failed" || row.state === "interrupted" || row.state === "refused";
    }, 60);
    assert.equal(root(), served);
    assert.match(JSON.stringify(await machine.live()), new RegExp(String(account.number)));
    // And it goes on as a panel like any other.
    assert.equal((await publish(atA)).statusCode, 303);
    await until(async () => (await publications()).at(-1)?.state === "done", 60);
  });

  await t.test("who leaves at one has left both", async () => {
    assert.equal((await atB.submit("/profile", "/logout")).statusCode, 303);
    for (const browser of [atA, atB]) {
      const gone = await browser.get("/profile");
      assert.equal(gone.statusCode, 303);
      assert.match(String(gone.headers["location"]), /^\/login/);
    }
  });
});
