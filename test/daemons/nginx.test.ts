/** The fixed front as visitors meet it: headers, limits, sizes, and what is read anew. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { daemon } from "../../src/daemons/nginx/daemon.js";
import { limitStep } from "../../src/daemons/nginx/render.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { account, backend, base, Front, type Heard } from "./nginx-rig.js";
import { goldenFiles, PrivateMachine, type Tree, until } from "./private-machine.js";

let apache: Awaited<ReturnType<typeof backend>>;
let secure: Awaited<ReturnType<typeof backend>>;
let target: Awaited<ReturnType<typeof backend>>;
let front: Front;
let tree: Tree;
const held = new Set<() => void>();
before(async () => {
  [apache, secure] = await Promise.all([
    backend((request, response) => {
      const url = request.url ?? "";
      if (url === "/slow") held.add(() => response.end("slow"));
      else if (url.startsWith("/header/")) response.writeHead(200, { "X-Big": "x".repeat(Number(url.slice(8))) }).end("ok");
      else if (url === "/accel") response.writeHead(200, { "X-Accel-Redirect": "/.mutu-away.html" }).end("own");
      else if (url === "/503") response.writeHead(503).end("the site's own");
      else return false;
      return true;
    }),
    backend(),
  ]);
  target = await backend((request, response) => {
    if (request.url !== "/moved") return false;
    response.writeHead(302, { Location: `http://127.0.0.1:${target.port}/there` }).end();
    return true;
  });
  target.server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello"));
  const proxy = { kind: "proxy" as const, target: `http://127.0.0.1:${target.port}`, timeoutSeconds: 20 };
  tree = {
    ...base(),
    ...account(2001, [{ names: ["www.example.org"] }]),
    ...account(2002, [
      { names: ["app.example.net", "www.app.example.net"], serve: proxy, canonical: "app.example.net", hstsSeconds: 300 },
      { names: ["force.example.net"], serve: proxy, forceHttps: true },
    ]),
    ...account(2003, [{ names: ["*.under.example"], serve: proxy }, { names: ["own.under.example"] }]),
    ...account(2004, [{ names: ["narrow.example"] }], 5),
    ...account(2005, [{ names: ["gone.example"], serve: { ...proxy, target: "http://no-such-host.invalid:80" } }]),
  };
  front = await Front.start(tree, [apache.port, secure.port], { MUTU_NGINX_CLIENT_LIMIT: "60" });
});
after(async () => {
  front.machine.close();
  await Promise.all([apache.close(), secure.close(), target.close()]);
});

test("Every golden case is taken by the real program, alone and all together", () => {
  const machine = new PrivateMachine();
  try {
    const trees = goldenFiles("nginx");
    assert.ok(trees.length >= 10);
    for (const one of trees) {
      const { code, words } = machine.driver("nginx", "rehearse", machine.stage(one).env);
      assert.equal(code, 0, words);
      for (const folder of ["activations/1", "releases/root1"]) rmSync(join(machine.root, folder), { recursive: true });
    }
  } finally {
    machine.close();
  }
});

test("What came on :80 and on :443 goes to the two ports, as one visitor and never as more", async () => {
  const plain = await front.heard("www.example.org", "/a%2Fb?x=1", {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "6.6.6.6",
    Forwarded: "for=6.6.6.6",
    Proxy: "http://evil.example",
    Upgrade: "h2c",
    "HTTP2-Settings": "AAMAAABkAAQAAP__",
    Connection: "Upgrade, HTTP2-Settings",
    "X-Forwarded-Ssl": "on",
    "Front-End-Https": "on",
    "X-Original-URL": "/admin",
    "Client-IP": "6.6.6.6",
  });
  assert.equal(plain.port, apache.port);
  assert.equal(plain.url, "/a%2Fb?x=1", "the path as it was sent");
  const { headers } = plain;
  assert.deepEqual(
    [
      headers.host,
      headers["x-forwarded-for"],
      headers["x-real-ip"],
      headers["x-forwarded-proto"],
      headers["x-forwarded-host"],
      headers["x-forwarded-port"],
      headers.connection,
    ],
    // A GET: nothing about the connection, so that it may be kept.
    ["www.example.org", "127.0.0.1", "127.0.0.1", "http", "www.example.org", "80", undefined],
  );
  for (const gone of ["forwarded", "proxy", "upgrade", "x-forwarded-ssl", "front-end-https", "x-original-url", "client-ip"])
    assert.equal(headers[gone], undefined, gone);
  const raw = await front.raw("GET / HTTP/1.1\r\nHost: www.example.org\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n", true);
  const heard = JSON.parse(raw.slice(raw.indexOf("{"), raw.lastIndexOf("}") + 1)) as Heard;
  assert.deepEqual([heard.port, heard.headers["x-forwarded-proto"], heard.headers["x-forwarded-port"]], [secure.port, "https", "443"]);
});

test("Requests that two programs could read in two ways are refused here", async () => {
  const refused = async (head: string, body = "") => /^HTTP\/1\.1 (?:4|501)/.test(await front.raw(`${head}\r\nConnection: close\r\n\r\n${body}`));
  assert.ok(await refused("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"));
  assert.ok(await refused("POST / HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 3\r\nContent-Length: 4", "abcd"));
  assert.ok(await refused("POST / HTTP/1.1\r\nHost: www.example.org\r\nTransfer-Encoding: identity, chunked", "0\r\n\r\n"));
  assert.ok(await refused("GET / HTTP/1.1\r\nHost: www.example.org\r\nHost: evil.example"));
  assert.ok(await refused("GET / HTTP/1.1"));
  assert.ok(await refused("GET / HTTP/1.1\r\nHost: a/../b"));
  assert.ok(!(await refused("GET / HTTP/1.1\r\nHost: www.example.org")), "and an ordinary one is not");
  assert.equal((await front.heard("WWW.Example.ORG.:80")).headers.host, "www.example.org");
});

test("Sizes: at the limit it passes, just above it is refused", async () => {
  // 4 MB of the plan and 16 around it (render.ts).
  const limit = 20 * 1024 * 1024;
  const post = (bytes: number) => front.get("www.example.org", "/", { "Content-Length": String(bytes) }, { method: "POST", body: Buffer.alloc(bytes, 120) });
  assert.equal((JSON.parse((await post(limit)).body) as Heard).size, limit);
  assert.equal(
    await post(limit + 1).then(
      ({ status }) => status,
      () => 413,
    ),
    413,
  );
  const line = (bytes: number) => front.get("www.example.org", "/", { "X-Long": "x".repeat(bytes) });
  assert.equal((await line(16 * 1024 - 10)).status, 200);
  const long = await line(16 * 1024 + 1);
  assert.equal(long.status, 431);
  assert.match(long.body, /cookies de ce site[\s\S]*this site’s cookies/);
  assert.equal((await front.get("www.example.org", "/", { Cookie: "c=".padEnd(9 * 1024, "x") })).status, 200);
  assert.equal((await front.get("www.example.org", "/header/31000")).status, 200);
  assert.equal((await front.get("www.example.org", "/header/33000")).status, 503);
});

test("A site that is slow at its limit does not hold its neighbours", async () => {
  for (const [host, limit] of [
    ["www.example.org", 20],
    ["narrow.example", 5],
  ] as const) {
    const slow = Array.from({ length: limit }, () => front.get(host, "/slow"));
    await until(`${limit} wait`, () => held.size === limit);
    const above = await front.get(host, "/");
    assert.equal(above.status, 503, host);
    assert.match(above.body, /Beaucoup de visites[\s\S]*Many visits/);
    assert.equal(above.headers["retry-after"], "5");
    // The site can still be verified: to be changed, put to rest or suspended is what such a site needs.
    for (const path of ["/.well-known/mutu-probe", "/.well-known/mutu-probe/php"]) {
      assert.equal((await front.get(host, path, {}, { from: "127.0.0.3" })).status, 200, path);
      for (const from of ["127.0.0.1", "127.0.0.2"]) assert.equal((await front.get(host, path, {}, { from })).status, 503, `${path}, but from control alone`);
    }
    assert.equal((await front.get("neighbour.example")).status, 200);
    assert.equal(held.size, limit, "its answer came while the others wait");
    for (const release of held) release();
    held.clear();
    for (const one of await Promise.all(slow)) assert.equal(one.status, 200);
    await until("there is room again", async () => (await front.get(host)).status === 200);
  }
});

test("One client alone cannot take every connection", async () => {
  const slow = Array.from({ length: 60 }, (_, at) => front.get(`many${at}.example`, "/slow"));
  await until("60 wait", () => held.size === 60);
  assert.equal((await front.get("one-more.example")).status, 503);
  assert.equal((await front.get("one-more.example", "/", {}, { from: "127.0.0.2" })).status, 200);
  for (const release of held) release();
  held.clear();
  await Promise.all(slow);
});

test("The plan's connections become the next step that nginx knows", () => {
  assert.deepEqual([1, 5, 6, 20, 21, 640, 5000].map(limitStep), [5, 5, 10, 20, 40, 640, 640]);
});

test("A site's own answers pass untouched; it cannot steer nginx", async () => {
  assert.deepEqual(await front.get("www.example.org", "/503").then(({ status, body }) => [status, body]), [503, "the site's own"]);
  assert.equal((await front.get("www.example.org", "/accel")).body, "own");
  assert.equal((await front.get("www.example.org", "/.mutu-away.html")).status, 404, "an inner page is no address");
});

test("The certificate authority is answered before everything, for every name", async () => {
  const path = "/.well-known/acme-challenge/tok_en-1";
  for (const host of ["www.example.org", "force.example.net", "www.app.example.net", "unknown.example"]) {
    assert.deepEqual(await front.get(host, path).then(({ status, body }) => [status, body]), [404, "Not found\n"], host);
  }
  writeFileSync(join(front.machine.root, "tls/acme-thumbprint"), "ThumbPrint_of-the-account\n");
  front.publish(tree, [apache.port, secure.port]);
  for (const host of ["www.example.org", "force.example.net", "www.app.example.net", "unknown.example"]) {
    assert.deepEqual(await front.get(host, path).then(({ status, body }) => [status, body]), [200, "tok_en-1.ThumbPrint_of-the-account"], host);
  }
  assert.equal((await front.get("www.example.org", "/.well-known/acme-challenge/a%0d%0aX:b")).status, 404);
  rmSync(join(front.machine.root, "tls/acme-thumbprint"));
});

test("A proxy: its own target, WebSocket, one redirection, probe for the control machine only", async () => {
  const heard = await front.heard("app.example.net", "/x");
  assert.deepEqual([heard.port, heard.headers.host, heard.headers["x-forwarded-for"]], [target.port, "app.example.net", "127.0.0.1"]);
  const upgrade = (host: string) =>
    front.raw(
      `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`.replace(
        "Connection: Upgrade",
        host.startsWith("app") ? "Connection: Upgrade" : "Connection: Upgrade, close",
      ),
    );
  assert.match(await upgrade("app.example.net"), /^HTTP\/1\.1 101 [\s\S]*hello$/);
  assert.match(await upgrade("www.example.org"), /^HTTP\/1\.1 200 /);
  assert.equal((await front.get("app.example.net", "/moved")).headers.location, `http://app.example.net:${front.http}/there`);
  const canonical = await front.get("www.app.example.net", "/p?q=1");
  assert.deepEqual(
    [canonical.status, canonical.headers.location, canonical.headers["strict-transport-security"]],
    [301, "http://app.example.net/p?q=1", undefined],
  );
  assert.equal((await front.get("force.example.net", "/p")).headers.location, "https://force.example.net/p");
  for (const host of ["app.example.net", "www.app.example.net", "force.example.net"]) {
    assert.equal((await front.get(host, "/.well-known/mutu-probe", {}, { from: "127.0.0.3" })).body, "hash2002", host);
    assert.equal((await front.get(host, "/.well-known/mutu-probe", {}, { from: "127.0.0.2" })).status, 404, host);
  }
  assert.equal((await front.heard("any.under.example")).port, target.port);
  assert.equal((await front.heard("own.under.example")).port, apache.port);
  assert.equal((await front.get("gone.example")).status, 503, "a target that cannot be found is that site's trouble only");
});

test("Apache away: a page of ours in both languages, to GET and POST alike", async () => {
  front.publish(tree, [1, 1]);
  for (const method of ["GET", "POST"]) {
    const away = await front.get("www.example.org", "/x", {}, { method, body: Buffer.from(method === "POST" ? "a=b" : "") });
    assert.deepEqual([away.status, away.headers["retry-after"], away.headers["content-type"]], [503, "30", "text/html; charset=utf-8"]);
    assert.match(away.body, /De retour dans un instant[\s\S]*Back in a moment/);
  }
  front.publish(tree, [apache.port, secure.port]);
  assert.equal((await front.get("www.example.org")).status, 200);
});

test("What nginx refuses is led back to the file that brought it; what serves goes on", async () => {
  const faults = (more: Tree) => {
    const step = front.machine.stage({ ...tree, ...more });
    const { code, words } = front.machine.driver("nginx", "rehearse", step.env);
    for (const folder of [`activations/${step.n}`, `releases/root${step.n}`]) rmSync(join(front.machine.root, folder), { recursive: true });
    assert.equal(code, 1, words);
    return daemon.explain(words.split("\n"));
  };
  const fault = (more: Tree) => faults(more)[0];
  assert.deepEqual(fault({ "nginx/proxies/2009.conf": "server { include site.conf; no_such 1; }\n" }), {
    path: "proxies/2009.conf",
    line: 1,
    code: "nginx.refused",
    data: { words: 'unknown directive "no_such"' },
  });
  // Both files hold the name; the one that came last is told, wherever its shard sorts.
  for (const number of [2006, 2099, 2100, 2345]) {
    const twice = fault(account(number, [{ names: ["*.under.example"] }]));
    assert.deepEqual([twice?.path, twice?.code, twice?.data.name], [`wildcards/${number}.map`, "nginx.name_twice", "*.under.example"]);
  }
  // Each of several is told at once, though nginx names one a test.
  const wrong = (number: number) => ({ [`nginx/proxies/${number}.conf`]: `server { include site.conf; no_such_${number} 1; }\n` });
  const told = faults({ ...wrong(2009), ...wrong(2010), ...wrong(2011), ...account(2099, [{ names: ["*.under.example"] }]) });
  assert.deepEqual(told.map(({ path }) => path).sort(), ["proxies/2009.conf", "proxies/2010.conf", "proxies/2011.conf", "wildcards/2099.map"]);
  assert.equal((await front.get("www.example.org")).status, 200);
  assert.equal(front.machine.driver("nginx", "no-such-verb").code, 64);
});

test("A reload opens one file a kind, whatever the number of accounts; an activation of an older driver gets them at its commit", async () => {
  const includes = [...readFileSync(join(front.machine.root, "run/nginx/nginx.conf"), "utf8").matchAll(/include (.*\/live\/.*);/g)].map(
    ([, path]) => path as string,
  );
  assert.equal(includes.length, 6, "four kinds, and Apache's colour twice: with kept connections and without");
  for (const path of includes) assert.doesNotMatch(path, /\*/);
  const { MUTU_LIVE: live = "", ...rest } = front.machine.live;
  const joined = readFileSync(join(live, "nginx.limits"), "utf8");
  const single = Object.entries(tree).filter(([path]) => path.startsWith("nginx/limits/"));
  assert.ok(single.length > 0);
  for (const [, content] of single) assert.ok(joined.includes(content));
  const before = front.workers();
  for (const kind of ["wildcards", "limits", "proxies", "base", "tls", "sum"]) rmSync(join(live, `nginx.${kind}`));
  const again = { ...rest, MUTU_LIVE: live, MUTU_NEXT: live };
  assert.deepEqual(front.machine.driver("nginx", "commit", again), { code: 0, words: "" });
  assert.equal(readFileSync(join(live, "nginx.limits"), "utf8"), joined);
  // One that knew a kind less and kept no connections: its activation names no file of it.
  rmSync(join(live, "nginx.tls"));
  const kept = readFileSync(join(live, "upstream-kept.conf"), "utf8");
  rmSync(join(live, "upstream-kept.conf"));
  assert.deepEqual(front.machine.driver("nginx", "commit", again), { code: 0, words: "" });
  assert.equal(readFileSync(join(live, "nginx.tls"), "utf8"), "");
  assert.equal(readFileSync(join(live, "upstream-kept.conf"), "utf8"), kept);
  // Empty, or cut off, by a power cut or a full disk: no better than absent, for a boot as well.
  for (const [verb, part] of [
    ["commit", ""],
    ["commit", kept.slice(0, kept.length / 2)],
    ["boot", kept.slice(0, -1)],
    ["boot", ""],
  ] as const) {
    writeFileSync(join(live, "upstream-kept.conf"), part);
    assert.deepEqual(front.machine.driver("nginx", verb, again), { code: 0, words: "" });
    assert.equal(readFileSync(join(live, "upstream-kept.conf"), "utf8"), kept);
  }
  // One that is whole stays as it is: nothing is written, nor is a program started for it.
  const { ino } = statSync(join(live, "upstream-kept.conf"));
  for (const verb of ["commit", "boot"]) assert.equal(front.machine.driver("nginx", verb, again).code, 0);
  assert.equal(statSync(join(live, "upstream-kept.conf")).ino, ino);
  assert.deepEqual(front.workers(), before, "the same configuration is not loaded twice");
});

test("After a reboot exactly what was live starts again", async () => {
  for (const pid of front.machine.pids()) process.kill(pid, "SIGKILL");
  const refused = () =>
    front.get("www.example.org").then(
      () => false,
      () => true,
    );
  await until("nothing listens", refused);
  rmSync(join(front.machine.root, "tls/www.example.org.pem"));
  mkdirSync(join(front.machine.root, "run"), { recursive: true });
  assert.equal(front.machine.driver("nginx", "boot", { ...front.machine.live, MUTU_NEXT: front.machine.live.MUTU_LIVE as string }).code, 0);
  assert.equal((await front.get("www.example.org")).status, 200);
  assert.ok(existsSync(join(front.machine.root, "tls/www.example.org.pem")));
  assert.match(front.machine.driver("nginx", "status", front.machine.live).words, /^loaded root\d+$/m);
});

test("No value can become a line, a block or a variable", () => {
  const proxy = (over: object, names = ["a.example"]) =>
    account(2001, [{ names, serve: { kind: "proxy", target: "http://a.example:80", timeoutSeconds: 1, ...over } }]);
  for (const bad of HOSTILE_STRINGS) {
    for (const name of [bad, `a${bad}b.example`, `*.${bad}.example`]) {
      if (/^a{65,}/.test(name) || !/^(?:\*\.)?[a-z0-9.-]+$/.test(name) || /\.\.|^-|--checkpoint/.test(name))
        assert.throws(() => proxy({}, [name]), /not a/, JSON.stringify(name));
    }
    assert.throws(() => proxy({ target: `http://a.example${bad}` }), /not a/, JSON.stringify(bad));
  }
  for (const target of ["http://a.example/x", "http://u@a.example", "unix:/x", "http://a.example:99999", "http://$host", "http://a.example;return 200"])
    assert.throws(() => proxy({ target }), /not a/);
  assert.throws(() => proxy({ timeoutSeconds: 1.5 }), /not a/);
});
