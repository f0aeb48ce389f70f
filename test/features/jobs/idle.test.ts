/** What a minute costs in which nobody asks anything: as many questions and rows with many domains as with few, and none that walks through a table of domains. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { boot } from "../../../src/boot.js";
import type { Context } from "../../../src/core/context.js";
import { sqlitePath } from "../../../src/core/db.js";
import { periodMinutes, runJob } from "../../../src/core/jobs/index.js";
import { createLog } from "../../../src/core/log.js";
import { openSqlite, PrismaSqlite, type SqliteConnection } from "../../../src/core/sqlite.js";
import { DEFAULT_PLAN } from "../../../src/features/accounts/plans.js";
import { PrismaClient } from "../../../src/generated/sqlite/client.js";
import { testEnv } from "../../support/app.js";
import { createTestClock } from "../../support/context.js";
import { createTestDatabaseUrl } from "../../support/database.js";

const FEW = 2;
const MANY = 300;
const MINUTE_SECONDS = 60;
const DAY_MS = 86_400_000;
/** What grows with the domains, and with the changes that were published. */
const GROWING = "Account|Domain|Claim|Zone|DnsRecord|Site|SiteAddress|CertificateSubject|CertificatePlace|DomainHealth|FtpLogin|PublishUnit|Publication";
/** All of them, or all of a host. */
const WALKS = new RegExp(`^SCAN (${GROWING})\\b|^SEARCH (${GROWING}) USING .*\\(\\w*[hH]ostId=\\?\\)$`);
/** The index says what waits without a look at any row; two columns are compared, for which no index knows a shorter way. */
const KNOWN_WALK = "SCAN PublishUnit USING INDEX PublishUnit_hostId_wanted_published_idx";

test("an idle minute asks as much with many domains as with few, and walks through no table of theirs", async (t) => {
  const [few, many] = [await idleMinute(t, FEW), await idleMinute(t, MANY)];
  assert.ok(few.jobs >= 9 && few.asked.length > few.jobs, `${few.jobs} jobs, ${few.asked.length} questions`);
  const known = new Set(few.asked.map(counted));
  const other = many.asked.map(counted).filter((line) => !known.has(line));
  assert.deepEqual(other, []);
  assert.equal(many.asked.length, few.asked.length);
  assert.ok(many.asked.length < 200, `${many.asked.length} questions`);
  const walked = new Set(
    many.asked.flatMap(({ sql }) => many.plan(sql).flatMap((step) => (WALKS.test(step) && step !== KNOWN_WALK ? [`${step}: ${sql}`] : []))),
  );
  assert.deepEqual([...walked], []);
  // What walks is seen, what finds is not.
  const walks = (sql: string) => many.plan(sql).some((step) => WALKS.test(step));
  assert.ok(walks("SELECT id FROM Zone WHERE dnsHostId = ? AND mode = 'hosted'"));
  assert.ok(walks("SELECT id FROM CertificateSubject WHERE source = ?"));
  assert.ok(!walks("SELECT id FROM Zone WHERE dnsHostId = ? AND name = ?"));
});

interface Asked {
  sql: string;
  rows: number;
}

const counted = ({ sql, rows }: Asked) => `${rows} ${sql}`;

/** Runs every job of the minute twice, and gives what the second one asked of a database with so many domains. */
async function idleMinute(t: TestContext, domains: number) {
  const connection = openSqlite(sqlitePath(await createTestDatabaseUrl(t, "sqlite")));
  const asked: Asked[] = [];
  const client = new PrismaClient({ adapter: new PrismaSqlite("", { connection: listening(connection, asked) }) });
  const state = mkdtempSync(join(tmpdir(), "mutu-state-"));
  const clock = createTestClock();
  const database = { provider: "sqlite", client, close: async () => undefined } as const;
  const { services, jobs, close } = await boot(testEnv("file:", { state }), { database, clock, log: createLog("silent"), daemons: [] });
  t.after(async () => {
    await close();
    await client.$disconnect();
    connection.close();
    rmSync(state, { recursive: true });
  });
  await fill(services.context({ kind: "system", name: "test" }), domains);
  const due = jobs.filter(({ schedule }) => periodMinutes(schedule) <= 2);
  for (let minute = 0; minute < 2; minute += 1) {
    clock.advance(MINUTE_SECONDS);
    asked.length = 0;
    for (const job of due) assert.equal((await runJob(services, job)).state, "done", job.name);
  }
  const seen = [...asked];
  const plan = (sql: string): string[] => {
    const values = Array.from({ length: sql.split("?").length - 1 }, () => 1);
    return (connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(({ detail }) => detail);
  };
  return { jobs: due.length, asked: seen, plan };
}

/** The connection, with each question and the number of its rows written down. */
function listening(connection: SqliteConnection, asked: Asked[]): SqliteConnection {
  return {
    exec: (sql) => connection.exec(sql),
    close: () => undefined,
    prepare(sql) {
      const statement = connection.prepare(sql);
      const note = <T>(rows: number, given: T): T => {
        asked.push({ sql, rows });
        return given;
      };
      return {
        all(...values) {
          const rows = statement.all(...values);
          return note(rows.length, rows);
        },
        run: (...values) => note(0, statement.run(...values)),
        columns: () => statement.columns(),
        setReturnArrays: (on) => statement.setReturnArrays(on),
        setReadBigInts: (on) => statement.setReadBigInts(on),
      };
    },
  };
}

/** All is as it should be: published, signed, with a certificate, asked yesterday; on one machine that answered a minute ago. */
async function fill({ db, clock }: Context, domains: number): Promise<void> {
  const [tomorrow, later] = [1, 30].map((days) => new Date(clock.now().getTime() + days * DAY_MS)) as [Date, Date];
  const place = { address: "192.0.2.10", door: "direct", applyFile: "/nonexistent", machineFile: "/nonexistent", homes: "/srv/mutu/homes" } as const;
  const host = await db.host.create({ data: { ...place, name: "web1", reachable: true, stateAt: later } });
  for (const [daemon, role] of [
    ["apache", "web"],
    ["knot", "dns"],
  ] as const)
    await db.hostDaemon.create({ data: { hostId: host.id, daemon, role } });
  const plan = await db.plan.create({ data: { ...DEFAULT_PLAN, name: "idle" } });
  await db.acmeThumbprint.create({ data: { hostId: host.id, thumbprint: "t", placedAt: clock.now() } });
  const each = <T>(make: (index: string, accountId: string, name: string) => T) =>
    Array.from({ length: domains }, (_, at) => make(String(at), `account-${at}`, `d${at}.example.org`));
  const live = { kind: "folder", folder: "www" } as const;
  await db.account.createMany({
    data: each((at, id, name) => ({
      id,
      number: 2000 + Number(at),
      login: `a${at}`,
      name,
      search: name,
      planId: plan.id,
      webHostId: host.id,
      filesHostId: host.id,
    })),
  });
  await db.domain.createMany({ data: each((at, accountId, name) => ({ id: at, accountId, name, search: name })) });
  await db.zone.createMany({
    data: each((at, accountId, name) => ({ id: at, domainId: at, accountId, name, dnsHostId: host.id, serialFloor: 1, signed: true, signedUntil: later })),
  });
  await db.domainHealth.createMany({ data: each((at, accountId) => ({ domainId: at, accountId, state: "ok", report: {}, nextAt: tomorrow })) });
  await db.site.createMany({ data: each((at, accountId, name) => ({ id: at, accountId, title: name, search: name, ...live })) });
  await db.certificateSubject.createMany({
    data: each((at, accountId, name) => ({ accountId, siteId: at, title: name, search: name, state: "valid", expiresAt: later, nextAt: tomorrow })),
  });
  await db.certificatePlace.createMany({ data: each((_, __, name) => ({ hostId: host.id, role: "web", name, nextAt: null })) });
  await db.publishUnit.createMany({
    data: each((at, accountId) => ({ hostId: host.id, role: "web", key: `${at}/site`, accountId, wanted: 1, published: 1, verified: 1, serving: "present" })),
  });
  await db.publication.createMany({
    data: each((at) => ({ hostId: host.id, number: Number(at) + 1, state: "done", author: "", startedAt: clock.now(), endedAt: clock.now() })),
  });
}
