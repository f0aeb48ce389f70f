/**
 * Poison by a direct write of a row, behind every rule: hostile values in every column that the roles `web` and `php` read, one account each.
 * What comes of it: the row cannot be read or rendered, so its own unit is kept out and its owner told; or Apache's rehearsal refuses the file and
 * names it; or the real Apache, started on all the rest at once, serves. No value was found that passes `-t` and keeps Apache from starting.
 */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { daemon as apache } from "../../src/daemons/apache/daemon.js";
import { daemon as homes } from "../../src/daemons/homes/daemon.js";
import { daemon as nginx } from "../../src/daemons/nginx/daemon.js";
import { daemon as phpFpm } from "../../src/daemons/php-fpm/daemon.js";
import { filesRole, phpRole, webRole } from "../../src/features/sites/roles.js";
import { addSite } from "../../src/features/sites/sites.js";
import type { HostRecord } from "../../src/publish/contract.js";
import { readDesired } from "../../src/publish/desired.js";
import type { Engine, RunUnit } from "../../src/publish/engine.js";
import { renderUnits } from "../../src/publish/render.js";
import { openStore } from "../../src/publish/store.js";
import { listTouched } from "../../src/publish/touched-rows.js";
import { createScene } from "../features/sites/scene.js";
import type { TestContext } from "../support/context.js";
import type { Scope } from "../support/database.js";
import { createAccount, memberOf } from "../support/factories.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { ApacheRig } from "./apache-rig.js";
import type { Tree } from "./private-machine.js";

const TABLES = ["Account", "Plan", "Site", "SiteAddress", "Domain", "PhpPool"];
const HUGE = 1_000_000;
const BIG = 20_000_000;
/** SQL literals: what a text column, and any other, may be made to hold. SQLite takes every one of them in every column. */
const quoted = (text: string) => `CAST(x'${Buffer.from(text).toString("hex")}' AS TEXT)`;
/** One text that holds every hostile sign, for columns that only words reach; one a value where the text becomes a line. */
const TEXTS = [HOSTILE_STRINGS.join("x"), "", " ", "x".repeat(5000)].map(quoted);
const LINES = [...HOSTILE_STRINGS, "a b", "é", "*", "*.*", "*.example", "_wildcard.x", ".".repeat(20), "x".repeat(HUGE)].map(quoted);
const REST = ["NULL", "-1", "0", "1", "1.5", "2147483647", "2147483648", "9007199254740991", "9223372036854775807", "9e999", "x'ff00'", quoted("12abc")];
const pages = (path: string) => JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [String(400 + i), path])));
/** What passes the writers of its place, and strains what comes after them. */
const FITTING: Record<string, string[]> = {
  "Account.number": ["2000", "4294967294", "4294967295", "4294967296"].map(String),
  "Account.login": [`x${"y".repeat(4000)}`].map(quoted),
  "Account.state": ["suspended", "removed", "gone"].map(quoted),
  "Site.kind": ["redirect", "proxy", "maintenance", "none"].map(quoted),
  "Site.folder": [`${"a/".repeat(3000)}a`, "x".repeat(300), "www/é", ".", "..", "www/../..", "a//b", "nul\u0001"].map(quoted),
  "Site.phpVersion": ["8.2", "5.6", "99.9", "8.2.x", "all"].map(quoted),
  "Site.indexFiles": [Array.from({ length: 20_000 }, (_, i) => `i${i}.html`).join(" "), "index.php ".repeat(500), "/etc/passwd"].map(quoted),
  "Site.errorPages": [
    pages("/x.html"),
    pages(`/${"x".repeat(9000)}`),
    '{"404":"/"}',
    '{"404":"/a b%{X}$1"}',
    '{"404":"//x"}',
    `{"404":"/${"x".repeat(BIG)}"}`,
    "[]",
    "1",
    '{"404":1}',
    '{"600":"/x"}',
  ].map(quoted),
  "Site.canonical": ["other.example", "*.example"].map(quoted),
  "Site.target": [`https://x.test/${"y".repeat(7000)}`, `https://x.test/${"%41".repeat(3000)}`, "https://[::1]:99999/", "http://x/$1%1"].map(quoted),
  "Site.proxyTarget": ["http://nowhere.invalid:1", "http://127.0.0.1:0", "http://[::1]", "unix:/run/x"].map(quoted),
  "SiteAddress.name": [`${`${"a".repeat(63)}.`.repeat(3)}test`, `*.${"a.".repeat(12)}test`, `*.${"a.".repeat(7)}test`, "localhost", "127.0.0.1"].map(quoted),
  "PhpPool.version": ["8.2", "99.9", "8.2-x"].map(quoted),
  "PhpPool.master": ["m99", "nobody", "M00", "m0.0"].map(quoted),
  "PhpPool.socket": ["s".repeat(300), "keeper.sock", "a.sock|fcgi"].map(quoted),
  "Plan.connections": ["-5", "99999999"],
  "Plan.phpWorkers": ["0", "2147483647"],
};

/** What a column is tried with; those with values of their own are those whose text becomes part of a line. */
function valuesFor(type: string, column: string): string[] {
  const fitting = FITTING[column];
  if (!fitting && type !== "INTEGER") return ["NULL", "-1", "9e999", "x'ff00'", quoted("12abc"), ...TEXTS];
  return [...REST, ...(type === "INTEGER" ? [] : TEXTS), ...(fitting && type !== "INTEGER" ? LINES : []), ...(fitting ?? [])];
}

interface Case {
  column: string;
  value: string;
  number: number;
  name: string;
}

describe("rows that no rule let in, on the real Apache", { timeout: 600_000 }, () => {
  const cases: Case[] = [];
  const undo: (() => void)[] = [];
  const scope: Scope = { after: (end: () => void) => undo.push(end) } as unknown as Scope;
  let rig: ApacheRig;
  let ctx: TestContext;
  let units: RunUnit[];
  let engine: Engine;
  let good: { number: number; name: string };

  before(async () => {
    rig = await ApacheRig.make();
    const scene = await createScene(scope);
    ctx = scene.ctx;
    const { host } = scene.account;
    await ctx.db.host.update({ where: { id: host.id }, data: { homes: rig.machine.homes } });
    const settle = async (word: string) => {
      const account = await createAccount(ctx, { login: word, host });
      const name = `${word}.test`;
      await addSite(ctx.as(memberOf(account)), { accountId: account.id, address: name, withWww: false, phpVersion: "8.2" });
      return { id: account.id, planId: account.planId, number: account.number, name };
    };
    const neighbour = await settle("neighbour");
    good = neighbour;
    const wanted: { table: string; column: string; value: string }[] = [];
    for (const table of TABLES) {
      const columns = await ctx.db.$queryRawUnsafe<{ name: string; type: string }[]>(`PRAGMA table_info("${table}")`);
      assert.ok(columns.length > 0, table);
      for (const { name: column, type } of columns) for (const value of valuesFor(type, `${table}.${column}`)) wanted.push({ table, column, value });
    }
    const owners: Awaited<ReturnType<typeof settle>>[] = [];
    for (const at of wanted.keys()) owners.push(await settle(`c${at}`));
    for (const [at, { table, column, value }] of wanted.entries()) {
      const { id, planId, number, name } = owners[at] as (typeof owners)[number];
      const own = table === "Account" ? `id = '${id}'` : table === "Plan" ? `id = '${planId}'` : `accountId = '${id}'`;
      const written = await ctx.db.$executeRawUnsafe(`UPDATE "${table}" SET "${column}" = ${value} WHERE ${own}`).catch(() => 0);
      // Keys of other rows, what must be there or be unique: the database itself refuses.
      if (written > 0) cases.push({ column: `${table}.${column}`, value: value.slice(0, 60), number, name });
    }
    const store = mkdtempSync(join(tmpdir(), "mutu-rows-"));
    undo.push(() => rmSync(store, { recursive: true, force: true }));
    const record: HostRecord = {
      ...{ id: host.id, name: host.name, homes: rig.machine.homes, address: host.address, options: {}, web: null, machine: null as never },
      daemons: Object.entries({ apache: "web", nginx: "web", "php-fpm": "php", homes: "files" }).map(([name, role]) => ({ name, role })),
    };
    const map = <T extends { name: string }>(...all: T[]) => new Map(all.map((one) => [one.name, one]));
    engine = {
      ...{ roles: map<{ name: string }>(webRole, phpRole, filesRole), daemons: map<{ name: string }>(apache, nginx, phpFpm, homes) },
      ...{ store: openStore(store), limits: { afterSeconds: 120 } },
    } as unknown as Engine;
    units = await readDesired(engine, ctx, record, await listTouched(ctx, record.id, 10_000));
    await renderUnits(engine, record, units);
  });
  after(() => {
    rig?.close();
    for (const end of undo.reverse()) end();
  });

  const faultOf = (number: number) => units.filter(({ row }) => row.key.split("/")[0] === String(number)).flatMap(({ fault }) => fault ?? []);

  test("enough was tried, and the neighbour whose rows are right is read with all the others", () => {
    assert.ok(cases.length > 600, `${cases.length}`);
    for (const table of TABLES)
      assert.ok(
        cases.some(({ column }) => column.startsWith(`${table}.`)),
        table,
      );
    const mine = units.filter(({ row }) => row.key.startsWith(String(good.number)));
    assert.deepEqual(mine.map(({ row, level }) => `${row.role} ${level}`).sort(), ["files present", "php present", "web present"]);
    assert.deepEqual(faultOf(good.number), []);
  });

  test("what is refused is refused with a code that its owner can read, at its own unit", () => {
    const codes = new Map<string, number>();
    for (const { fault } of units) if (fault) codes.set(fault.code, (codes.get(fault.code) ?? 0) + 1);
    assert.deepEqual([...codes.keys()].sort(), ["publications.not_readable", "publications.not_rendered", "publications.too_large"]);
    for (const [code, count] of codes) assert.ok(count > 0, code);
  });

  test("the real Apache refuses some files, naming them, and serves with all the rest", async () => {
    const tree: Tree = {};
    for (const unit of units.filter(({ row }) => row.role === "web"))
      for (const { path, hash } of unit.files) if (path.includes("/apache/")) tree[path.slice(3)] = await engine.store.get(hash);
    const refused: string[] = [];
    for (;;) {
      const step = rig.machine.stage(tree);
      const { code, words } = await rig.call("rehearse", step.env);
      rmSync(step.next, { recursive: true });
      rmSync(step.env.MUTU_RELEASE as string, { recursive: true });
      if (code === 0) break;
      const [fault] = apache.explain(words.split("\n"));
      assert.ok(fault?.path, `rehearsal names the file: ${words.slice(-900)}`);
      assert.match(fault.code, /^apache\.(syntax|unknown_directive)$/);
      refused.push(`${fault.path}: ${fault.data["words"]?.slice(0, 100)}`);
      delete tree[`apache/${fault.path}`];
    }
    assert.ok(refused.length > 0 && refused.length < 20, refused.join("\n"));
    rig.machine.publish(["apache"], tree);
    assert.ok(tree[`apache/accounts/${good.number}.conf`]);
    rig.home(good.number, { "www/neighbour.test/page.html": "well" });
    for (const { name, column, value } of [good, ...cases.filter((one) => FITTING[one.column])].map((one) => ({ column: "", value: "", ...one })))
      assert.ok((await rig.ask(name, { path: "/page.html" })).status > 0, `${column} ${value}`);
    assert.equal((await rig.ask(good.name, { path: "/page.html" })).body, "well");
    const logs = join(rig.machine.root, "log/apache");
    const said = readdirSync(logs).map((name) => readFileSync(join(logs, name), "utf8"));
    assert.ok(said.length > 0);
    assert.doesNotMatch(said.join(""), /exit signal|AH00052/);
  });

  test("the real PHP-FPM: what it refuses, or dies of when it starts, is found at its unit; it runs with all the rest", async () => {
    const tree: Tree = {};
    const near = new Set(cases.filter(({ column }) => /^(?:Plan\.php|PhpPool\.[vms])/.test(column)).map(({ number }) => String(number)));
    for (const unit of units.filter(({ row }) => row.role === "php" && near.add(String(good.number)).has(row.key.split("/")[0] as string)))
      for (const { path, hash } of unit.files) tree[path.slice(3)] = await engine.store.get(hash);
    const rehearse = (part: Tree): string | null => {
      const step = rig.machine.stage(part);
      const { code, words } = rig.machine.driver("php-fpm", "rehearse", step.env);
      rmSync(step.next, { recursive: true });
      rmSync(step.env.MUTU_RELEASE as string, { recursive: true });
      return code === 0 ? null : words;
    };
    const whole = Object.keys(tree).length;
    const refused: string[] = [];
    for (let words = rehearse(tree); words !== null; words = rehearse(tree)) {
      const path = phpFpm.explain(words.split("\n")).find((fault) => fault.path !== null)?.path ?? culprit(tree, rehearse);
      // Its own words: those of the whole tell of others first.
      const alone = rehearse({ [`php-fpm/${path}`]: tree[`php-fpm/${path}`] as string }) ?? words;
      refused.push(`${cases.find(({ number }) => path.endsWith(`/${number}.conf`))?.column} ${alone}`);
      delete tree[`php-fpm/${path}`];
      assert.ok(refused.length < 60, refused.join("\n"));
    }
    assert.ok(whole > 30, `${whole}`);
    // The machine takes no name of a master that is not one of its own, whoever wrote it there.
    for (const one of refused) assert.match(one, /^(?:Plan\.phpWorkers|PhpPool\.master) /, "what else could stop a pool is refused before");
    // `php-fpm -t` has nothing against two thousand million workers; the start has.
    assert.ok(
      refused.some((one) => phpFpm.explain(one.split("\n")).some(({ code }) => code === "php-fpm.too_many_workers")),
      refused.join("\n"),
    );
    rig.machine.publish(["php-fpm"], tree);
  });
});

/** Finds by halves the file that the rehearsal does not name, as the engine does (src/publish/bisect.ts). */
function culprit(tree: Tree, rehearse: (part: Tree) => string | null): string {
  let suspects = Object.keys(tree);
  while (suspects.length > 1) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    suspects = rehearse(Object.fromEntries(half.map((path) => [path, tree[path] as string]))) === null ? suspects.slice(half.length) : half;
  }
  return (suspects[0] as string).replace("php-fpm/", "");
}
