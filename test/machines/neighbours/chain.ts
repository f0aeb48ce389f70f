/** nginx, Apache and PHP as one chain: what passes at each limit, what is told just above, and what two programs might read in two ways. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { must } from "../lab/run.js";
import type { House } from "../main-job/rig.js";
import type { Villager } from "../main-job/village.js";

const RAW = fileURLToPath(new URL("./raw.mjs", import.meta.url));
const KB = 1024;
const MB = KB * KB;
/** Of the highest plan; nginx takes 16 MB more (src/daemons/nginx/render.ts). */
export const UPLOAD_MB = 2;
const BODY_MB = UPLOAD_MB + 16;
/** nginx's buffers take lines of 16 384 bytes, Apache one more than its LimitRequestFieldSize: what mod_proxy_fcgi can hand over whole. */
const FIELD = 16_373;

/** Says what PHP heard; with ?header=N it answers a header of N bytes, with ?headers=N as many of a kilobyte. */
export const ECHO = `<?php
foreach (["header" => 1, "headers" => (int) ($_GET["headers"] ?? 0)] as $kind => $times)
  for ($i = 0; isset($_GET[$kind]) && $i < $times; $i++) header("X-Big-$i: " . str_repeat("x", $kind === "header" ? (int) $_GET["header"] : 1000));
header("Content-Type: application/json");
$file = $_FILES["file"] ?? null;
echo json_encode(["server" => array_filter($_SERVER, fn ($name) => preg_match("/^(HTTP|REMOTE|SERVER|REQUEST)/", $name), ARRAY_FILTER_USE_KEY),
  "cookie" => strlen($_COOKIE["c"] ?? ""), "posted" => count($_POST), "file" => $file ? [$file["error"], $file["size"]] : null]);`;

interface Echo {
  server: Record<string, string>;
  cookie: number;
  posted: number;
  /** PHP's own word (UPLOAD_ERR_…) and the size. */
  file: [number, number] | null;
}

/** `house` and `villager` are there when the tests run. */
export function chainTests(world: () => { house: House; villager: Villager }): void {
  const echo = (options: { headers?: Record<string, string>; body?: Buffer; query?: string } = {}) => {
    const { house, villager } = world();
    const { query = "", ...rest } = options;
    return house.ask(`https://${villager.name}/echo.php${query}`, { ...rest, ...(rest.body && { method: "POST" }) });
  };
  const heard = async (options?: Parameters<typeof echo>[0]): Promise<Echo> => {
    const { status, body } = await echo(options);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };
  /** Sends each of these (head, body) on a connection of its own. */
  const raw = async (asked: readonly (readonly [head: string, body?: string])[]): Promise<string[]> => {
    const { house, villager } = world();
    const all = asked.map(([head, body = ""]) => `${head.replaceAll("NAME", villager.name).replaceAll("\n", "\r\n")}\r\n\r\n${body}`);
    const input = JSON.stringify({ to: house.web.ip, name: villager.name, all });
    return JSON.parse(await must(house.control.networkArgv([process.execPath, RAW]), { input }));
  };
  const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

  test("uploads: a file of the plan's size arrives, one byte more is told by PHP, far more by us", async () => {
    const upload = (bytes: number) => {
      const parts = ['--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n', "x".repeat(bytes), "\r\n--b--\r\n"];
      return heard({ headers: { "content-type": "multipart/form-data; boundary=b" }, body: Buffer.from(parts.join("")) });
    };
    assert.deepEqual((await upload(UPLOAD_MB * MB)).file, [0, UPLOAD_MB * MB]);
    assert.deepEqual((await upload(UPLOAD_MB * MB + 1)).file, [1, 0], "UPLOAD_ERR_INI_SIZE");
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" } };
    assert.equal(
      (await heard({ ...form, body: Buffer.from(`a=${"x".repeat(BODY_MB * MB - 2)}`) })).posted,
      0,
      "above post_max_size: PHP is asked, and says so in its log",
    );
    const above = await echo({ ...form, body: Buffer.from(`a=${"x".repeat(BODY_MB * MB - 1)}`) });
    assert.equal(above.status, 413);
    assert.match(above.body, /trop volumineux[\s\S]*too large/);
  });

  test("headers, cookies and addresses: what fits arrives whole, what does not is refused in words, never as a broken site", async () => {
    const field = (bytes: number) => heard({ headers: { "X-Long": "x".repeat(bytes - "X-Long: ".length) } });
    const cookie = (bytes: number) => echo({ headers: { Cookie: `c=${"x".repeat(bytes - "Cookie: c=".length)}` } });
    assert.equal((await field(FIELD)).server["HTTP_X_LONG"]?.length, FIELD - "X-Long: ".length);
    assert.equal((JSON.parse((await cookie(9 * KB)).body) as Echo).cookie, 9 * KB - "Cookie: c=".length);
    assert.equal((JSON.parse((await cookie(FIELD)).body) as Echo).cookie, FIELD - "Cookie: c=".length);
    const long = await cookie(FIELD + 1);
    assert.equal(long.status, 431);
    assert.match(long.body, /Supprimez-les[\s\S]*Delete them/);
    const address = `/echo.php?q=${"x".repeat(16_000)}`;
    assert.equal((await heard({ query: address.slice("/echo.php".length) })).server["REQUEST_URI"], address);
    const lines = (count: number) => Array.from({ length: count }, (_, at) => `\nX-Long-${at}: ${"x".repeat(15_000)}`).join("");
    const asked: [string, number[]][] = [
      [`/echo.php HTTP/1.1${lines(3)}`, [200]],
      [`/echo.php HTTP/1.1${lines(5)}`, [431]],
      ...[FIELD + 1, 16 * KB, 16 * KB + 3, 40 * KB].map((bytes) => [`/echo.php HTTP/1.1\nX-Long: ${"x".repeat(bytes - 8)}`, [400, 431]] as [string, number[]]),
      [`/echo.php HTTP/1.1\nCookie: c=${"x".repeat(20 * KB)}`, [431]],
      ...[16_380, 16 * KB, 20 * KB].map((bytes) => [`/echo.php?q=${"x".repeat(bytes)} HTTP/1.1`, [414]] as [string, number[]]),
    ];
    const answers = await raw(asked.map(([rest]) => [`GET ${rest}\nHost: NAME\nConnection: close`]));
    for (const [at, [rest, wanted]] of asked.entries())
      assert.ok(wanted.includes(status(answers[at] ?? "")), `${rest.slice(0, 40)} ${rest.length}: ${answers[at]?.slice(0, 200)}`);
  });

  test("answers: headers of a site up to 8 kB each and 28 kB in all pass; more is the site's own fault, told as such", async () => {
    for (const query of ["?header=6000", "?header=8000", "?headers=28"]) assert.equal((await echo({ query })).status, 200, query);
    for (const query of ["?header=9000", "?headers=40"]) {
      const answer = await echo({ query });
      assert.ok([500, 503].includes(answer.status), `${query}: ${answer.status}`);
    }
  });

  test("what two programs might read in two ways is refused before either acts", async () => {
    const post = "POST /echo.php HTTP/1.1\nHost: NAME\nConnection: close\n";
    const get = "GET /echo.php HTTP/1.1\nConnection: close\n";
    const asked: [string, string?][] = [
      [`${post}Content-Length: 3\nTransfer-Encoding: chunked`, "0\r\n\r\n"],
      [`${post}Transfer-Encoding: chunked\nContent-Length: 3`, "0\r\n\r\n"],
      [`${post}Content-Length: 3\nContent-Length: 4`, "abcd"],
      [`${post}Content-Length: 3, 4`, "abcd"],
      [`${post}Content-Length: +3`, "abc"],
      [`${post}Transfer-Encoding: identity, chunked`, "0\r\n\r\n"],
      [`${post}Transfer-Encoding: chunked\nTransfer-Encoding: identity`, "0\r\n\r\n"],
      [`${post}Transfer-Encoding: xchunked`, "0\r\n\r\n"],
      [`${post}Transfer-Encoding : chunked`, "0\r\n\r\n"],
      [`${post}Transfer-Encoding: chunked`, "x\r\nabc\r\n0\r\n\r\n"],
      [`${get}Host: NAME\nHost: other.example`],
      [`${get}X-None: 1`],
      [`${get}Host: NAME/../x`],
      [`${get}Host: NAME, other.example`],
      [`${get}Host: NAME\n X-Folded: 1`],
      [`${get}Host: NAME\nX-Nul: a\0b`],
      ["PRI * HTTP/2.0", "SM\r\n\r\n"],
      ["GET /echo.php HTTP/3.1\nHost: NAME"],
      ["CONNECT other.example:443 HTTP/1.1\nHost: NAME"],
      ["TRACE /echo.php HTTP/1.1\nHost: NAME"],
    ];
    const answers = await raw(asked);
    for (const [at, answer] of answers.entries()) {
      const what = `${asked[at]?.[0]}\n→ ${answer.slice(0, 300)}`;
      assert.ok([400, 405, 501, 505].includes(status(answer)) || answer.startsWith("<html>\r\n<head><title>400 "), what);
      assert.equal(answer.match(/^HTTP\/1\.1 /gm)?.length ?? 0, answer.startsWith("HTTP") ? 1 : 0, what);
    }
    const body = "GET /static.html HTTP/1.1\r\nHost: x\r\n\r\n";
    const [piped = ""] = await raw([[`${post}Content-Length: ${body.length}`, body]]);
    assert.equal(piped.match(/^HTTP\/1\.1 200/gm)?.length, 1, "a body is no request");
    assert.equal(piped.match(/^HTTP\/1\.1 /gm)?.length, 1);
  });

  test("the name decides, however it is written; nobody's name meets nobody's site", async () => {
    const { house } = world();
    const own = ["NAME", "NAME.", "NAME:443", "NAME:8443"];
    const others = [house.web.ip, "[fd77::2]", "127.0.0.1", "nobody.example", "localhost", "mutu.invalid"];
    const asked: [string, number][] = [
      ...own.map((host) => [`GET /static.html HTTP/1.1\nHost: ${host}`, 200] as [string, number]),
      ...others.map((host) => [`GET /static.html HTTP/1.1\nHost: ${host}`, 421] as [string, number]),
      ["GET https://nobody.example/static.html HTTP/1.1\nHost: NAME", 421],
      ["GET https://NAME/static.html HTTP/1.1\nHost: nobody.example", 200],
      ["GET /static.html HTTP/1.0", 421],
    ];
    const answers = await raw(asked.map(([head]) => [`${head}\nConnection: close`]));
    for (const [at, [head, wanted]] of asked.entries()) assert.equal(status(answers[at] ?? ""), wanted, head);
  });

  test("PHP hears of a visitor what nginx saw, and nothing that the visitor says of himself", async () => {
    const { house, villager } = world();
    const lies = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Real-IP"];
    const more = [
      "Forwarded",
      "Proxy",
      "Client-IP",
      "X-Client-IP",
      "True-Client-IP",
      "X-Cluster-Client-IP",
      "X-Original-URL",
      "X-Rewrite-URL",
      "Front-End-Https",
    ];
    const headers = Object.fromEntries([...lies, ...more, "X_Forwarded_For", "X_Forwarded_Proto"].map((name) => [name, "6.6.6.6"]));
    const { server } = await heard({ headers: { ...headers, Upgrade: "h2c", Connection: "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABkAAQAAP__" } });
    assert.ok(!JSON.stringify(server).includes("6.6.6.6"), JSON.stringify(server));
    const { REMOTE_ADDR, SERVER_NAME, SERVER_PORT, REQUEST_SCHEME, HTTP_X_FORWARDED_PROTO, HTTP_UPGRADE, HTTP_PROXY } = server;
    assert.deepEqual(
      [REMOTE_ADDR, SERVER_NAME, SERVER_PORT, REQUEST_SCHEME, HTTP_X_FORWARDED_PROTO, HTTP_UPGRADE, HTTP_PROXY],
      [house.control.ip, villager.name, "443", "https", "https", undefined, undefined],
    );
  });
}
