/** What nginx answered without Apache, as it reaches its account's logs: by apply's `log` at once, by split-logs for good. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { LogKind, Machine } from "../../src/core/machine/index.js";
import { readAccess, readErrors } from "../../src/features/logs/index.js";
import { account, backend, base, Front } from "./nginx-rig.js";
import { PRIVILEGED, type Tree, until } from "./private-machine.js";

const SPLITTER = fileURLToPath(new URL("../../machines/web/split-logs", import.meta.url));
const [A, B] = [2001, 2002];
let apache: Awaited<ReturnType<typeof backend>>;
let target: Awaited<ReturnType<typeof backend>>;
let front: Front;
let tree: Tree;
let machine: Machine;
const held = new Set<() => void>();

before(async () => {
  apache = await backend((request, response) => {
    if (request.url === "/slow") held.add(() => response.end("slow"));
    else if (request.url === "/503") response.writeHead(503).end("the site's own");
    else if (request.url === "/away") request.socket.destroy();
    else if (request.url === "/headers") response.writeHead(200, { "X-Big": "x".repeat(33_000) }).end();
    else return false;
    return true;
  });
  target = await backend((request) => request.url === "/never");
  const relay = (to: string, timeoutSeconds = 20) => ({ kind: "proxy" as const, target: to, timeoutSeconds });
  const own = `http://127.0.0.1:${target.port}`;
  tree = {
    ...base(),
    ...account(
      A,
      [
        { names: ["a.test", "www.a.test"] },
        { names: ["*.star.test"] },
        { names: ["app.a.test"], serve: relay(own) },
        { names: ["late.a.test"], serve: relay(own, 1) },
      ],
      5,
    ),
    ...account(B, [
      { names: ["b.test", "www.example.org"] },
      { names: ["b.star.test"] },
      { names: ["gone.b.test"], serve: relay("http://127.0.0.1:1") },
      { names: ["lost.b.test"], serve: relay("http://no-such-host.invalid:80") },
    ]),
  };
  const logs = { MUTU_ACCOUNTS: "", MUTU_LOGS: "" };
  front = await Front.start(tree, [apache.port, apache.port], logs);
  for (const name of Object.keys(logs)) front.machine.env[name] = join(front.machine.base, name);
  mkdirSync(join(front.machine.base, "MUTU_ACCOUNTS"));
  machine = front.machine.apply(["apache", "nginx"]);
});
after(async () => {
  front.machine.close();
  await Promise.all([apache.close(), target.close()]);
});

const raw = (kind: LogKind) => join(front.machine.root, `log/nginx/${kind}.front.log`);
const lines = async (account: number, kind: LogKind) => {
  const answer = await machine.log({ account, kind, lines: 1000 });
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.value;
};
const accesses = async (account: number) =>
  readAccess(await lines(account, "access"))
    .map(({ site, request, status }) => `${site} ${request.replace(/ HTTP.*/, "")} ${status}`)
    .sort();
const errors = async (account: number) =>
  readErrors(await lines(account, "error"))
    .map(({ site, code, data }) => [site, code, ...Object.values(data)].join(" "))
    .sort();
/** nginx writes what its workers have gathered within a second. */
const written = (kind: LogKind, count: number) => until(`${count} lines of ${kind}`, () => readFileSync(raw(kind), "latin1").split("\n").length > count);

test("each refusal is in its own account's logs with the reason; what Apache answered is not there twice", async () => {
  const never = front.get("late.a.test", "/never");
  await front.get("a.test", "/ok");
  await front.get("a.test", "/503");
  assert.equal((await front.get("a.test", "/headers")).status, 503);
  assert.equal((await front.get("www.a.test", "/large", { "Content-Length": String(21 * 1024 * 1024) }, { method: "POST" })).status, 413);
  await front.get("any.star.test", "/long", { Cookie: "c=".padEnd(16_370, "x") });
  const slow = Array.from({ length: 5 }, () => front.get("a.test", "/slow"));
  await until("5 wait", () => held.size === 5);
  assert.equal((await front.get("a.test", "/many")).status, 503);
  for (const release of held) release();
  await Promise.all(slow);
  await front.get("app.a.test", "/relayed?x=1");
  await front.get("app.a.test", "/.well-known/mutu-probe", {}, { from: "127.0.0.3" });
  await front.get("gone.b.test", "/gone");
  await front.get("lost.b.test", "/lost");
  await front.get("b.star.test", "/.mutu-away.html");
  await front.get("b.test", "/away");
  assert.equal((await never).status, 503);
  await written("access", 11);
  await written("error", 8);
  assert.deepEqual(await accesses(A), [
    "_wildcard.star.test GET /long 431",
    "a.test GET /headers 503",
    "a.test GET /many 503",
    "app.a.test GET /relayed?x=1 200",
    "late.a.test GET /never 503",
    "www.a.test POST /large 413",
  ]);
  assert.deepEqual(await errors(A), [
    "_wildcard.star.test cookies",
    "a.test answer_broken",
    "a.test too_many 5 40",
    `late.a.test relay_late http://127.0.0.1:${target.port}`,
    "www.a.test too_large 20",
  ]);
  assert.deepEqual(await accesses(B), [
    "b.star.test GET /.mutu-away.html 404",
    "b.test GET /away 503",
    "gone.b.test GET /gone 503",
    "lost.b.test GET /lost 503",
  ]);
  assert.deepEqual(await errors(B), [
    "b.test server_away",
    "gone.b.test relay_away http://127.0.0.1:1",
    "lost.b.test relay_away http://no-such-host.invalid:80",
  ]);
  assert.doesNotMatch(readFileSync(join(front.machine.root, "log/nginx/error.log"), "utf8"), /uninitialized/);
});

test("nothing that a visitor says begins a line, or leads one to another account", async () => {
  const forged = `b.test ${Date.now() / 1000} 192.0.2.66 - [28/Nov/2026:12:00:00 +0000] "GET /forged HTTP/1.1" 200 5 "-" "-" 9`;
  const before = [await accesses(B), await errors(B)];
  const fields = { referer: `", host: "b.test"\\`, "user-agent": `\\n${forged}\u00ff`.repeat(20) };
  for (const path of ["/a%0a20002%20b.test%20forged", "/\\n", '/"b.test', "/%22,%20host:%20%22b.test"]) {
    await front.get("APP.a.test.:80", path, fields);
    // The certificate that was asked for is B's; the question is A's.
    await front.raw(`GET ${path} HTTP/1.1\r\nHost: app.a.test\r\nReferer: ${fields.referer}\r\nUser-Agent: \u0001\u007f\r\nConnection: close\r\n\r\n`, true);
  }
  // Answered here whatever the name is.
  const challenge = "/.well-known/acme-challenge/x";
  for (const host of [
    'b.test"',
    "b.test\\",
    "xb.test",
    "b.testx",
    "b.test.a",
    "_wildcard.b.test",
    "[::1]",
    "unknown.test",
    `${"b.".repeat(126)}test`,
    "x.b.star.test",
  ])
    assert.equal((await front.get(host, challenge)).status, 404, host);
  await written("access", 29);
  assert.deepEqual([await accesses(B), await errors(B)], before);
  assert.equal((await lines(A, "access")).filter(({ site, text }) => site === "app.a.test" && text.includes("b.test")).length, 8);
  assert.equal((await accesses(A)).filter((one) => one === `_wildcard.star.test GET ${challenge} 404`).length, 1);

  // Split for good, each keeps what it had.
  const told = async () => Promise.all([A, B].map(async (number) => [await accesses(number), await errors(number)]));
  const first = await told();
  for (const folder of [front.machine.homes, join(front.machine.base, "MUTU_ACCOUNTS")]) {
    for (const number of [A, B]) {
      mkdirSync(join(folder, String(number)), { mode: 0o700 });
      if (PRIVILEGED) chownSync(join(folder, String(number)), number, number);
    }
  }
  const done = spawnSync("perl", [SPLITTER, join(front.machine.base, "machine.conf")], { encoding: "utf8" });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(await told(), first);
  const kept = (number: number) =>
    readdirSync(join(front.machine.homes, String(number), "logs"))
      .map((name) => name.slice(0, 6))
      .sort();
  assert.deepEqual(
    [kept(A), kept(B)],
    [
      ["access", "error-"],
      ["access", "error-"],
    ],
  );
});
