/** HOSTING.md 2: behind nginx, `.htaccess` and PHP see the connection that the visitor made. Both ports, the same virtual host. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { FolderSite } from "../../src/features/sites/role.js";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";

const TELLS = `RewriteEngine On
RewriteCond %{HTTPS} =on
RewriteRule ^ - [E=SAW_HTTPS:on]
RewriteCond %{HTTPS} !=on
RewriteRule ^ - [E=SAW_HTTPS:off]
RewriteCond %{ENV:HTTPS} =on
RewriteRule ^ - [E=SAW_ENV:on]
RewriteRule ^ - [E=SAW_SCHEME:%{REQUEST_SCHEME}]
RewriteRule ^ - [E=SAW_PORT:%{SERVER_PORT}]
<If "%{HTTPS} == 'on'">
SetEnv SAW_IF on
</If>
`;
const PHP = `<?php $names = ["SAW_HTTPS", "SAW_ENV", "SAW_SCHEME", "SAW_PORT", "SAW_IF", "HTTPS", "SERVER_PORT", "REQUEST_SCHEME", "REMOTE_ADDR", "SERVER_NAME"];
foreach ($names as $name) $told[$name] = $_SERVER[$name] ?? null;
echo json_encode($told);`;

const rig = await ApacheRig.make();
after(() => rig.close());
rig.home(2001, {
  "www/.htaccess": TELLS,
  "www/tell.php": PHP,
  "www/folder/index.html": "inside",
  "www/to-https/.htaccess": "RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=301]\n",
  "www/to-https/page.html": "arrived",
});
const root = `${rig.machine.homes}/2001/www`;
const serve: FolderSite = { kind: "folder", root, php: sitePhp(2001), index: ["index.html"], errorPages: {} };
rig.publish([accountState(2001, rig.machine.homes, [{ names: ["a.test", "b.test"], serve }])]);

test("what came over TLS says so everywhere", async () => {
  const told = JSON.parse((await rig.ask("a.test", { path: "/tell.php", tls: true })).body);
  assert.deepEqual(told, {
    SAW_HTTPS: "on",
    SAW_ENV: "on",
    SAW_SCHEME: "https",
    SAW_PORT: "443",
    SAW_IF: "on",
    HTTPS: "on",
    SERVER_PORT: "443",
    REQUEST_SCHEME: "https",
    REMOTE_ADDR: "192.0.2.9",
    SERVER_NAME: "a.test",
  });
});

test("what came in clear says so everywhere", async () => {
  const told = JSON.parse((await rig.ask("b.test", { path: "/tell.php", tls: false })).body);
  assert.deepEqual(told, {
    SAW_HTTPS: "off",
    SAW_ENV: null,
    SAW_SCHEME: "http",
    SAW_PORT: "80",
    SAW_IF: null,
    HTTPS: null,
    SERVER_PORT: "80",
    REQUEST_SCHEME: "http",
    REMOTE_ADDR: "192.0.2.9",
    SERVER_NAME: "b.test",
  });
});

test("the slash redirect keeps the scheme", async () => {
  assert.equal((await rig.ask("a.test", { path: "/folder", tls: true })).headers.location, "https://a.test/folder/");
  assert.equal((await rig.ask("a.test", { path: "/folder", tls: false })).headers.location, "http://a.test/folder/");
});

test("a migrated site that forces HTTPS does it once, not for ever", async () => {
  const clear = await rig.ask("a.test", { path: "/to-https/page.html", tls: false });
  assert.equal(clear.status, 301);
  assert.equal(clear.headers.location, "https://a.test/to-https/page.html");
  assert.equal((await rig.ask("a.test", { path: "/to-https/page.html", tls: true })).body, "arrived");
});

test("a client cannot lie about its address or its scheme", async () => {
  const headers = { "x-forwarded-for": "198.51.100.1, 192.0.2.9", "x-forwarded-proto": "https", "x-forwarded-ssl": "on" };
  const told = JSON.parse((await rig.ask("a.test", { path: "/tell.php", tls: false, headers })).body);
  assert.equal(told.REMOTE_ADDR, "192.0.2.9");
  assert.equal(told.HTTPS, null);
});
