/** `.htaccess` in the manner of the commonest programs (own writing, `htaccess/<program>/htaccess`): none may answer 500, and PHP answers behind each. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { FolderSite } from "../../src/features/sites/role.js";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";

const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), "htaccess");
const TELLS = `<?php header("X-Program: ran"); echo json_encode(["script" => $_SERVER["SCRIPT_NAME"], "info" => $_SERVER["PATH_INFO"] ?? "",
  "query" => $_SERVER["QUERY_STRING"], "uri" => $_SERVER["REQUEST_URI"], "authorization" => $_SERVER["HTTP_AUTHORIZATION"] ?? null, "memory" => ini_get("memory_limit")]);`;

/** Paths below the program's folder → status, and which script must answer (null: a file, or a refusal). */
const EXPECTED: Record<string, Record<string, [status: number, script: string | null]>> = {
  wordpress: {
    "": [200, "index.php"],
    "2026/11/hello-world/": [200, "index.php"],
    "wp-json/wp/v2/posts?page=2": [200, "index.php"],
    "style.css": [200, null],
    "wp-config.php": [403, null],
    "xmlrpc.php": [403, null],
  },
  joomla: {
    "": [200, "index.php"],
    "component/users/login?x=1": [200, "index.php"],
    "api/index.php/v1/content": [200, "api/index.php"],
    "style.css": [200, null],
    "?x=base64_encode(y)": [403, null],
  },
  drupal: { "": [200, "index.php"], "node/1": [200, "index.php"], "style.css": [200, null], "composer.json": [403, null], "sub/evil.php": [403, null] },
  spip: { "rubrique12.html": [200, "spip.php"], "spip.php?page=plan": [200, "spip.php"], "Un-article": [200, "spip.php"], "style.css": [200, null] },
  dotclear: { "": [200, "index.php"], "post/2026/11/22/Bonjour": [200, "index.php"], "public/.photo_s.jpg": [200, null], "style.css": [200, null] },
  prestashop: {
    "": [200, "index.php"],
    "2-accueil": [200, "index.php"],
    "api/products": [200, "webservice/dispatcher.php"],
    "1-large_default/chaise.jpg": [200, null],
    "style.css": [200, null],
    "composer.lock": [403, null],
  },
  typo3: {
    "": [200, "index.php"],
    "about/us?L=1": [200, "index.php"],
    "style.1700000000.css": [200, null],
    "style.css": [200, null],
    "vendor/autoload.php": [403, null],
    "x.sql": [403, null],
  },
  nextcloud: {
    "": [200, "index.php"],
    "apps/files/?dir=/": [200, "index.php"],
    "remote.php/dav/files/a": [200, "remote.php"],
    "status.php": [200, "status.php"],
    "style.css?v=1": [200, null],
    "config/config.php": [404, null],
  },
  laravel: { "": [200, "index.php"], "users/1?tab=a": [200, "index.php"], "style.css": [200, null], "users/": [301, null] },
};
const PROGRAMS = readdirSync(SAMPLES).sort();

const rig = await ApacheRig.make();
after(() => rig.close());
const root = `${rig.machine.homes}/2001/www`;
const files: Record<string, string> = {};
for (const program of PROGRAMS) {
  const scripts = [
    "index.php",
    "spip.php",
    "remote.php",
    "status.php",
    "api/index.php",
    "webservice/dispatcher.php",
    "wp-config.php",
    "xmlrpc.php",
    "sub/evil.php",
    "vendor/autoload.php",
    "config/config.php",
  ];
  for (const script of scripts) files[`www/${program}/${script}`] = TELLS;
  for (const plain of ["style.css", "composer.json", "composer.lock", "x.sql", "public/.photo_s.jpg", "img/p/1/1-large_default.jpg"])
    files[`www/${program}/${plain}`] = "plain";
  files[`www/${program}/.htaccess`] = readFileSync(join(SAMPLES, program, "htaccess"), "utf8");
}
rig.home(2001, files);
const serve: FolderSite = { kind: "folder", root, php: sitePhp(2001), index: ["index.php", "spip.php", "index.html"], errorPages: {} };
rig.publish([accountState(2001, rig.machine.homes, [{ names: ["a2001.test"], serve }])]);

test("every program has its expectations", () => assert.deepEqual(Object.keys(EXPECTED).sort(), PROGRAMS));

for (const program of PROGRAMS)
  for (const [path, [status, script]] of Object.entries(EXPECTED[program] ?? {}))
    for (const tls of [true, false])
      test(`${program} ${path || "/"} ${tls ? "over TLS" : "in clear"}`, async () => {
        const answer = await rig.ask("a2001.test", { path: `/${program}/${path}`, tls, headers: { authorization: "Basic eDp5" } });
        assert.equal(answer.status, status, answer.body.slice(0, 300));
        if (status === 200 && script === null) assert.equal(answer.body, "plain");
        if (status !== 200 || script === null) return;
        const told = JSON.parse(answer.body);
        assert.equal(told.script, `/${program}/${script}`);
        assert.equal(told.uri, `/${program}/${path}`);
        assert.equal(told.authorization, "Basic eDp5");
        assert.equal(told.memory, "64M", "php_value is skipped; the site's page has the setting");
      });

test("nothing in these files asks for what Apache does not offer without being skipped", () => {
  const folder = join(rig.machine.root, "log/apache");
  const errors = readdirSync(folder)
    .filter((name) => name.startsWith("error"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
  assert.doesNotMatch(errors, /:(alert|emerg|crit)\]/);
});
