/** Every kind of site on the real Apache: what a visitor gets, on both ports. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { daemon } from "../../src/daemons/apache/daemon.js";
import type { FolderSite, RedirectSite } from "../../src/features/sites/role.js";
import { daemonsRoot } from "../support/daemons.js";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";
import type { Tree } from "./private-machine.js";

const rig = await ApacheRig.make();
after(() => rig.close());
const homes = rig.machine.homes;
const folder = (account: number, more: Partial<FolderSite> = {}): FolderSite => ({
  kind: "folder",
  root: `${homes}/${account}/www`,
  php: null,
  index: ["index.html"],
  errorPages: {},
  ...more,
});
const redirect = (target: string, status: RedirectSite["status"], keepPath: boolean): RedirectSite => ({ kind: "redirect", target, status, keepPath });

rig.home(2001, {
  "www/index.html": "2001",
  "www/app.php": "<?php echo $_SERVER['HTTP_AUTHORIZATION'] ?? 'none', $_SERVER['PATH_INFO'] ?? '';",
  "www/404.html": "my own 404",
  "www/.git/config": "x",
  "www/.env": "x",
  "www/.env.local": "x",
  "www/.user.ini": "x",
  "www/.photo_s.jpg": "thumbnail",
  "www/.well-known/security.txt": "contact",
  "www/sub/.svn/entries": "x",
  "www/archive.tar.gz": "gz",
  "logs/error.log": "x",
});
rig.home(2002, { "www/index.html": "2002", "www/p.php": "<?php" });
rig.home(2900, { "www/index.html": "2900" });
const states = [
  accountState(2001, homes, [
    {
      names: ["amis.test", "www.amis.test"],
      canonical: "www.amis.test",
      forceHttps: true,
      hstsSeconds: 600,
      serve: folder(2001, { php: sitePhp(2001), errorPages: { 404: "/404.html" } }),
    },
    { names: ["deux.test", "www.deux.test"], canonical: "deux.test", serve: folder(2001) },
    { names: ["*.multi.test", "multi.test"], serve: folder(2001) },
    { names: ["home.test"], serve: { ...folder(2001), root: `${homes}/2001` } },
    { names: ["away.test"], serve: folder(2001, { php: { ...sitePhp(2001), master: "m77" } }) },
    { names: ["keep.test"], serve: redirect("https://new.test/asso/", 301, true) },
    { names: ["drop.test"], serve: redirect("https://don.test/d?de=100%25&a=$1#haut", 302, false) },
    { names: ["seven.test"], serve: redirect("http://t.test", 307, true) },
    { names: ["eight.test"], serve: redirect("https://t.test/%7Ea/caf%C3%A9", 308, false) },
    { names: ["closed.test", "www.closed.test"], canonical: "www.closed.test", forceHttps: true, serve: { kind: "notice", notice: "suspended" } },
    { names: ["works.test"], serve: { kind: "notice", notice: "maintenance" } },
    { names: ["app.test"], serve: { kind: "proxy", target: "http://127.0.0.1:9", timeoutSeconds: 5 } },
  ]),
  accountState(2002, homes, [
    { names: ["plain.test"], serve: folder(2002) },
    { names: ["*.deep.multi.test"], serve: folder(2002) },
  ]),
  // Comes after 2001 in every order, and its whole name must win all the same.
  accountState(2900, homes, [{ names: ["exact.multi.test"], serve: folder(2900) }]),
  { kind: "base" as const, uploadMb: 16, timeSeconds: 30 },
];
const publishable = states.map((state) =>
  state.kind === "account" ? { ...state, sites: state.sites.filter((site) => site.names[0] !== "away.test") } : state,
);
const tree: Tree = { ...rig.tree(publishable) };
// The site whose pool's master is not there: only its virtual host is published.
for (const [path, content] of Object.entries(rig.tree(states))) if (path.startsWith("apache/")) tree[path] = content;
rig.machine.publish(["php-fpm", "apache"], tree);

test("the golden cases start on the real base", () => {
  const golden = join(daemonsRoot, "apache/golden");
  let started = 0;
  for (const one of readdirSync(golden)) {
    const root = join(golden, one, "files");
    const files: Tree = { ...tree };
    for (const path of listFiles(root)) files[`apache/${path}`] = readFileSync(join(root, path), "utf8");
    const step = rig.machine.stage(files);
    const { code, words } = rig.machine.driver("apache", "rehearse", step.env);
    assert.equal(code, 0, `${one}: ${words}`);
    for (const made of [step.next, step.env.MUTU_RELEASE as string]) rmSync(made, { recursive: true });
    started += 1;
  }
  assert.ok(started > 8);
});

test("one redirection leads from any name and scheme to the canonical one", async () => {
  for (const [host, tls] of [
    ["amis.test", false],
    ["amis.test", true],
    ["www.amis.test", false],
  ] as const) {
    const answer = await rig.ask(host, { tls, path: "/a/b?c=d" });
    assert.equal(answer.status, 301);
    assert.equal(answer.headers.location, "https://www.amis.test/a/b?c=d", `${host} ${tls}`);
  }
  assert.equal((await rig.ask("www.amis.test")).body, "2001");
  assert.equal((await rig.ask("www.deux.test", { tls: false })).headers.location, "http://deux.test/");
  assert.equal((await rig.ask("www.deux.test", { tls: true })).headers.location, "https://deux.test/");
  assert.equal((await rig.ask("deux.test", { tls: false })).body, "2001");
});

test("a path arrives as it was written", async () => {
  for (const path of ["/a%2Fb%3Fc%25d?e=%41&f=g+h", "//double//", "/%C3%A9t%C3%A9", "/?", "/$1%251", "/.well-known/x"])
    assert.equal((await rig.ask("keep.test", { path })).headers.location, `https://new.test/asso${path}`, path);
  assert.equal((await rig.ask("seven.test", { path: "//evil.test/" })).headers.location, "http://t.test//evil.test/");
});

test("a redirect answers with its own status and nothing of the visitor's, when the path is not kept", async () => {
  const drop = await rig.ask("drop.test", { path: "/x?y=z" });
  assert.deepEqual([drop.status, drop.headers.location], [302, "https://don.test/d?de=100%25&a=$1#haut"]);
  const seven = await rig.ask("seven.test", { path: "/x", method: "POST" });
  assert.deepEqual([seven.status, seven.headers.location], [307, "http://t.test/x"]);
  const eight = await rig.ask("eight.test", { path: "/x" });
  assert.deepEqual([eight.status, eight.headers.location], [308, "https://t.test/%7Ea/caf%C3%A9"]);
});

test("HSTS is said over HTTPS only", async () => {
  assert.equal((await rig.ask("www.amis.test")).headers["strict-transport-security"], "max-age=600");
  assert.equal((await rig.ask("amis.test")).headers["strict-transport-security"], "max-age=600");
  assert.equal((await rig.ask("amis.test", { tls: false })).headers["strict-transport-security"], undefined);
  assert.equal((await rig.ask("deux.test")).headers["strict-transport-security"], undefined);
});

test("a notice is 503 for every path, in both languages, and still verified", async () => {
  for (const [host, words] of [
    ["closed.test", /suspendu[\s\S]*suspended/],
    ["www.closed.test", /suspendu/],
    ["works.test", /travaux[\s\S]*maintenance/],
  ] as const)
    for (const path of ["/", "/deep/page.php?x", "/.mutu/suspended.html"])
      for (const tls of [true, false]) {
        const answer = await rig.ask(host, { path, tls });
        assert.equal(answer.status, 503, `${host}${path}`);
        assert.equal(answer.headers["retry-after"], "3600");
        assert.match(answer.body, words);
      }
  assert.equal((await rig.probe("closed.test")).body, "hash-2001");
});

test("every vhost of a unit answers its hash to the control machine", async () => {
  for (const name of ["amis.test", "www.amis.test", "keep.test", "works.test", "app.test", "any.multi.test"]) {
    assert.equal((await rig.probe(name)).body, "hash-2001", name);
    assert.notEqual((await rig.ask(name, { path: "/.well-known/mutu-probe" })).body, "hash-2001", name);
  }
  assert.equal((await rig.probe("plain.test")).body, "hash-2002");
  assert.equal((await rig.probe("nobody.test")).body, rig.colour, "the base answers for no unit");
});

test("whole names win over wildcards, long wildcards over short ones, in whatever files they stand", async () => {
  assert.equal((await rig.ask("exact.multi.test")).body, "2900");
  assert.equal((await rig.ask("any.multi.test")).body, "2001");
  assert.equal((await rig.ask("multi.test")).body, "2001");
  assert.equal((await rig.ask("any.deep.multi.test")).body, "2002");
  assert.equal((await rig.ask("EXACT.Multi.Test.")).body, "2900", "capitals and the last dot");
});

test("files that were forgotten are not shown; those that are meant are", async () => {
  for (const path of ["/.git/config", "/.env", "/.env.local", "/.user.ini", "/.htaccess", "/sub/.svn/entries", "/.GIT/config"])
    assert.equal((await rig.ask("deux.test", { path })).status, 404, path);
  assert.equal((await rig.ask("deux.test", { path: "/.photo_s.jpg" })).body, "thumbnail");
  assert.equal((await rig.ask("deux.test", { path: "/.well-known/security.txt" })).body, "contact");
  assert.equal((await rig.ask("home.test", { path: "/www/index.html" })).body, "2001");
  assert.equal((await rig.ask("home.test", { path: "/logs/error.log" })).status, 403);
  assert.equal((await rig.ask("deux.test", { path: "/archive.tar.gz" })).headers["content-encoding"], undefined);
});

test("an error page of the site's own", async () => {
  const answer = await rig.ask("www.amis.test", { path: "/none" });
  assert.deepEqual([answer.status, answer.body], [404, "my own 404"]);
  assert.deepEqual(await rig.ask("www.amis.test", { path: "/none.php" }).then(({ status, body }) => [status, body]), [404, "my own 404"]);
});

test("PHP hears Authorization and the rest of the path; a site without PHP refuses programs", async () => {
  const answer = await rig.ask("www.amis.test", { path: "/app.php/rest/of", headers: { authorization: "Basic eDp5" } });
  assert.equal(answer.body, "Basic eDp5/rest/of");
  assert.equal((await rig.ask("plain.test", { path: "/p.php" })).status, 403);
});

test("a pool that is away gives a page of ours, and the neighbours go on", async () => {
  const answer = await rig.ask("away.test", { path: "/app.php" });
  assert.equal(answer.status, 503);
  assert.match(answer.body, /momentanément[\s\S]*temporarily/);
  assert.equal((await rig.ask("plain.test")).body, "2002");
});

test("what nginx serves itself is misdirected here", async () => assert.equal((await rig.ask("app.test")).status, 421));

test("headers up to nginx's limit pass, larger ones do not", async () => {
  assert.equal((await rig.ask("plain.test", { headers: { cookie: `a=${"x".repeat(16_000)}` } })).status, 200);
  assert.equal((await rig.ask("plain.test", { headers: { cookie: `a=${"x".repeat(17_000)}` } })).status, 400);
});

test("requests that mean two things are refused", async () => {
  const line = (first: string, ...fields: string[]) => `${[first, ...fields, "Connection: close"].join("\r\n")}\r\n\r\n`;
  const body = "0\r\n\r\n";
  assert.match(await raw(line("GET / HTTP/1.1", "Host: plain.test", "Host: amis.test")), /^HTTP\/1\.1 400 /);
  assert.match(await raw(line("GET / HTTP/1.1")), /^HTTP\/1\.1 400 /);
  assert.match(await raw(line("GET / HTTP/1.1", "Host : plain.test")), /^HTTP\/1\.1 400 /);
  assert.match(await raw(line("GET /\u0001 HTTP/1.1", "Host: plain.test")), /^HTTP\/1\.1 400 /);
  assert.match(await raw(line("TRACE / HTTP/1.1", "Host: plain.test")), /^HTTP\/1\.1 405 /);
  assert.match(await raw(line("POST / HTTP/1.1", "Host: plain.test", "Transfer-Encoding: chunked, x") + body), /^HTTP\/1\.1 (400|501) /);
  assert.match(await raw(line("GET / HTTP/1.1", "Host: plain.test", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")), /^HTTP\/1\.1 200 /);
  assert.match(await raw(line("GET / HTTP/1.1", "Host: ../../etc")), /^HTTP\/1\.1 4(00|21) /);
  assert.match(await raw(line("CONNECT plain.test:443 HTTP/1.1", "Host: plain.test")), /^HTTP\/1\.1 4/);
});

test("a notice in place of a unit serves its names and cannot fail", async () => {
  const claims = ["amis.test", "*.multi.test", "bad name\nListen 1", "${HOME}", "x".repeat(300)];
  const host = { id: "h", name: "web1", homes, options: {} };
  const withNotice: Tree = { ...Object.fromEntries(Object.entries(tree).filter(([path]) => !path.endsWith("/2001.conf"))) };
  for (const file of daemon.renderNotice({ key: "2001", host, claims })) withNotice[`apache/${file.path}`] = file.content;
  rig.machine.publish(["php-fpm", "apache"], withNotice);
  for (const name of ["amis.test", "any.multi.test"]) {
    const answer = await rig.ask(name);
    assert.equal(answer.status, 503, name);
    assert.match(answer.body, /indisponible/);
  }
  assert.equal((await rig.ask("www.amis.test")).status, 421);
});

function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(rig.ports[rig.colour][1], "127.0.0.1", () => socket.write(request));
    socket.setTimeout(60_000, () => socket.destroy(new Error("no answer in 60 s")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}

function listFiles(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".conf"));
  } catch {
    return [];
  }
}
