/** HOSTING.md 1: what a member's `.htaccess`, links and PHP try against a neighbour of the same Apache. Everything is refused, and nothing leaks. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { lchownSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { type Answer, ApacheRig, accountState, sitePhp } from "./apache-rig.js";
import { until } from "./private-machine.js";

const SECRET = "neighbour-password-8c1f";
const SOURCE = "own-database-password-77aa";
/** Tells who runs it and under which walls. */
const WHOAMI = `<?php /* ${SOURCE} */ echo json_encode(["uid" => posix_geteuid(), "memory" => ini_get("memory_limit"),
  "basedir" => ini_get("open_basedir"), "prepend" => ini_get("auto_prepend_file"), "admin" => $_SERVER["PHP_ADMIN_VALUE"] ?? null]);`;

const rig = await ApacheRig.make();
after(() => rig.close());
const homes = rig.machine.homes;
const neighbour = join(homes, "2002/www");

rig.home(2002, {
  "www/secret.txt": SECRET,
  "www/index.php": `<?php echo "${SECRET}";`,
  "www/list/inside.txt": SECRET,
  "www/.htaccess": `# ${SECRET}\nNoSuchThing ${SECRET}\n`,
});
rig.home(2001, { "www/index.html": "mine", "www/who.php": WHOAMI });
// Two publications, so that the neighbour's socket is known to the attacker as a leak would make it.
const sites = (account: number) => [
  {
    names: [`a${account}.test`],
    serve: { kind: "folder" as const, root: `${homes}/${account}/www`, php: sitePhp(account), index: ["index.php", "index.html"], errorPages: {} },
  },
  { names: [`static${account}.test`], serve: { kind: "folder" as const, root: `${homes}/${account}/www`, php: null, index: ["index.html"], errorPages: {} } },
];
rig.publish([accountState(2001, homes, sites(2001)), accountState(2002, homes, sites(2002))]);
const socket = findSocket(join(rig.machine.root, "run/php"), "s2002x7f3.sock");
const pool = `proxy:unix:${socket}|fcgi://localhost`;

test("the neighbour's own site answers, so that a refusal below means something", async () => {
  assert.equal((await rig.ask("a2002.test")).body, SECRET);
  assert.equal((await rig.ask("a2002.test", { path: "/secret.txt" })).body, SECRET);
  assert.equal(JSON.parse((await rig.ask("a2001.test", { path: "/who.php" })).body).uid, 2001);
});

/** A folder of the attacker's with this `.htaccess`; `ask` is fetched and must answer `status`. */
interface Attack {
  name: string;
  htaccess: string;
  ask: string;
  status: number | number[];
  files?: Record<string, string>;
  links?: Record<string, string>;
}

const run = { "x.txt": "text", "x.php": WHOAMI };
const rules = (rule: string) => `RewriteEngine On\n${rule}\n`;
const ATTACKS: Attack[] = [
  { name: "SetHandler to the neighbour's pool", htaccess: `SetHandler "${pool}"`, ask: "x.txt", status: 403, files: run },
  { name: "SetHandler in Files, over ours", htaccess: `<Files "*">\nSetHandler "${pool}"\n</Files>`, ask: "x.php", status: 403, files: run },
  { name: "SetHandler in If", htaccess: `<If "true">\nSetHandler "${pool}"\n</If>`, ask: "x.php", status: 403, files: run },
  {
    name: "SetHandler as an expression",
    htaccess: `<FilesMatch "(x)">\nSetHandler "expr=${pool}"\n</FilesMatch>`,
    ask: "x.txt",
    status: [200, 403],
    files: run,
  },
  { name: "SetHandler in capitals", htaccess: `SetHandler "${pool.replace("proxy:", "PROXY:")}"`, ask: "x.txt", status: 403, files: run },
  { name: "AddHandler", htaccess: `AddHandler "${pool}" .txt`, ask: "x.txt", status: 403, files: run },
  { name: "AddType", htaccess: `AddType "${pool}" .txt`, ask: "x.txt", status: [200, 403], files: run },
  { name: "ForceType", htaccess: `ForceType "${pool}"`, ask: "x.txt", status: [200, 403], files: run },
  {
    name: "RewriteRule [P] to the pool",
    htaccess: rules(`RewriteRule ^ unix:${socket}|fcgi://localhost${neighbour}/index.php [P]`),
    ask: "x.txt",
    status: 403,
    files: run,
  },
  { name: "RewriteRule [P] to loopback", htaccess: rules(`RewriteRule ^ http://127.0.0.1:${rig.ports.blue[0]}/ [P]`), ask: "x.txt", status: 403, files: run },
  {
    name: "RewriteRule to proxy: without [P]",
    htaccess: rules(`RewriteRule ^ proxy:unix:${socket}|fcgi://localhost/ [L]`),
    ask: "x.txt",
    status: [400, 403, 404, 500],
    files: run,
  },
  { name: "RewriteRule [H=]", htaccess: rules(`RewriteRule ^x - [H=${pool}]`), ask: "x.txt", status: 403, files: run },
  { name: "RewriteRule [T=]", htaccess: rules(`RewriteRule ^x - [T=${pool}]`), ask: "x.txt", status: [200, 403], files: run },
  { name: "RewriteRule [H=proxy-server]", htaccess: rules("RewriteRule ^x - [H=proxy-server]"), ask: "x.txt", status: 200, files: run },
  {
    name: "ProxyPass and others that are not listed",
    htaccess: `ProxyPass / http://127.0.0.1/\nProxyFCGISetEnvIf "true" PHP_ADMIN_VALUE "open_basedir=/"\nAction x /y\nSetOutputFilter CORE`,
    ask: "x.txt",
    status: 200,
    files: run,
  },
  { name: "link to a neighbour's file", htaccess: "Options +FollowSymLinks", ask: "l.txt", status: 403, links: { "l.txt": `${neighbour}/secret.txt` } },
  {
    name: "link to a neighbour's folder",
    htaccess: "Options +FollowSymLinks -SymLinksIfOwnerMatch",
    ask: "l/secret.txt",
    status: 403,
    links: { l: neighbour },
  },
  { name: "link to a neighbour's listing", htaccess: "Options +Indexes +FollowSymLinks", ask: "l/", status: 403, links: { l: `${neighbour}/list` } },
  { name: "link to a file of root", htaccess: "Options +FollowSymLinks", ask: "l.txt", status: 403, links: { "l.txt": "/etc/passwd" } },
  { name: "link to Apache's own log", htaccess: "", ask: "l/", status: 403, links: { l: join(rig.machine.root, "log/apache") } },
  { name: "link to generated files", htaccess: "Options +Indexes", ask: "l/", status: 403, links: { l: join(rig.machine.root, "releases") } },
  { name: "link to PHP of the neighbour", htaccess: "", ask: "l.php", status: 403, links: { "l.php": `${neighbour}/index.php` } },
  { name: "link as index", htaccess: "DirectoryIndex l.txt", ask: "", status: 403, links: { "l.txt": `${neighbour}/secret.txt` } },
  { name: "link as fallback", htaccess: "FallbackResource /link-as-fallback/l.txt", ask: "none", status: 403, links: { "l.txt": `${neighbour}/secret.txt` } },
  {
    name: "link as error page",
    htaccess: "ErrorDocument 404 /link-as-error-page/l.txt",
    ask: "none",
    status: 404,
    links: { "l.txt": `${neighbour}/secret.txt` },
  },
  {
    name: "link as header of a listing",
    htaccess: "Options +Indexes\nHeaderName l.txt\nReadmeName l.txt\nIndexOptions +FancyIndexing +ScanHTMLTitles +ShowForbidden",
    ask: "",
    status: 200,
    links: { "l.txt": `${neighbour}/secret.txt`, "l.html": `${neighbour}/secret.txt` },
  },
  { name: "link found by MultiViews", htaccess: "Options +MultiViews", ask: "l", status: [403, 404], links: { "l.txt": `${neighbour}/secret.txt` } },
  {
    name: "link named by a type map",
    htaccess: "AddHandler type-map .var",
    ask: "m.var",
    status: [403, 404],
    files: { "m.var": "URI: l.txt\nContent-type: text/plain\n\n" },
    links: { "l.txt": `${neighbour}/secret.txt` },
  },
  {
    name: ".htaccess that is a link to a neighbour's",
    htaccess: "",
    ask: "sub/x.txt",
    status: 403,
    files: { "sub/x.txt": "x" },
    links: { "sub/.htaccess": `${neighbour}/.htaccess` },
  },
  {
    name: "expression that reads a file, in Header",
    htaccess: `Header set X-Leak "expr=%{file:${neighbour}/secret.txt}"`,
    ask: "x.txt",
    status: 500,
    files: run,
  },
  {
    name: "expression that reads a file, in SetEnvIfExpr",
    htaccess: `SetEnvIfExpr "file('${neighbour}/secret.txt') =~ /(.*)/" LEAK=$1\nHeader set X-Leak "%{LEAK}e"`,
    ask: "x.txt",
    status: 500,
    files: run,
  },
  {
    name: "expression that reads a file, in ErrorDocument",
    htaccess: `ErrorDocument 404 "%{file:${neighbour}/secret.txt}"`,
    ask: "none",
    status: [404, 500],
    files: run,
  },
  {
    name: "expression that reads a file, in RewriteCond",
    htaccess: rules(`RewriteCond expr "file('${neighbour}/secret.txt') =~ /(.+)/"\nRewriteRule ^ - [E=LEAK:%1]\nHeader set X-Leak "%{LEAK}e"`),
    ask: "x.txt",
    status: [200, 500],
    files: run,
  },
  {
    name: "expression that reads a file, in Require",
    htaccess: `Require expr "file('${neighbour}/secret.txt') =~ /neighbour/"`,
    ask: "x.txt",
    status: 500,
    files: run,
  },
  { name: "CGI", htaccess: "Options +ExecCGI\nAddHandler cgi-script .cgi", ask: "x.cgi", status: 200, files: { "x.cgi": "#!/bin/sh\necho; id\n" } },
  {
    name: "server side includes",
    htaccess: "Options +Includes\nAddOutputFilterByType INCLUDES text/html\nAddType text/html .shtml\nAddHandler server-parsed .shtml",
    ask: "x.shtml",
    status: 200,
    files: { "x.shtml": `<!--#include file="../../../../2002/www/secret.txt" --><!--#exec cmd="id" -->` },
  },
  ...["CHUNK", "OLD_WRITE", "HTTP_HEADER"].map((filter) => ({
    name: `inner filter ${filter}`,
    htaccess: `SetOutputFilter ${filter}\nAddOutputFilter ${filter} .txt\nAddOutputFilterByType ${filter} text/plain\nFilterDeclare x\nFilterProvider x ${filter} true\nFilterChain x`,
    ask: "x.txt",
    status: 200,
    files: run,
  })),
  {
    name: "sections nested until the stack ends",
    htaccess: `${"<IfModule !a>\n".repeat(4800)}${"</IfModule>\n".repeat(4800)}`,
    ask: "x.txt",
    status: 200,
    files: run,
  },
  { name: "an .htaccess without end", htaccess: "#".repeat(140_000), ask: "x.txt", status: 403, files: run },
  { name: "granting what the base denies", htaccess: 'Require all granted\n<Files ~ "^\\.ht">\nRequire all granted\n</Files>', ask: ".htaccess", status: 404 },
];

for (const attack of ATTACKS) {
  test(attack.name, async () => {
    const folder = place(attack);
    for (const host of ["a2001.test", "static2001.test"]) {
      const answer = await rig.ask(host, { path: `/${folder}/${attack.ask}` });
      noLeak(answer);
      assert.ok(!answer.body.includes("uid="), "nothing was run");
      const expected = [attack.status].flat();
      // A vhost without PHP refuses every program.
      if (host.startsWith("static") && attack.ask.endsWith(".php")) expected.push(403);
      assert.ok(expected.includes(answer.status), `${host}: ${answer.status}, expected ${expected}\n${answer.body.slice(0, 500)}`);
    }
  });
}

const PHP_ENVIRONMENTS = [
  'SetEnv PHP_ADMIN_VALUE "open_basedir=/\\nmemory_limit=999M"\nSetEnv PHP_VALUE "memory_limit=999M\\nauto_prepend_file=/etc/passwd"',
  "SetEnvIf Host . PHP_ADMIN_VALUE=open_basedir=/ PHP_VALUE=memory_limit=999M",
  'SetEnvIfExpr "true" PHP_ADMIN_VALUE=open_basedir=/ PHP_VALUE=memory_limit=999M',
  "BrowserMatch ^ PHP_ADMIN_VALUE=open_basedir=/ PHP_VALUE=memory_limit=999M",
  "RewriteEngine On\nRewriteRule ^ - [E=PHP_ADMIN_VALUE:open_basedir=/,E=PHP_VALUE:memory_limit=999M]",
  "RewriteEngine On\nRewriteRule ^ - [E=php_admin_value:open_basedir=/,E=Php_Value:memory_limit=999M]",
  'RequestHeader set PHP_ADMIN_VALUE "open_basedir=/"\nRequestHeader set PHP-VALUE "memory_limit=999M"',
  "UnsetEnv PHP_VALUE",
  '<Files "x.php">\nSetEnv PHP_ADMIN_VALUE "open_basedir=/"\nSetEnv PHP_VALUE "memory_limit=999M"\n</Files>',
  "php_admin_value open_basedir /\nphp_value memory_limit 999M\nphp_flag engine off",
];
for (const [at, htaccess] of PHP_ENVIRONMENTS.entries()) {
  test(`PHP's walls stay: ${htaccess.split("\n")[0]}`, async () => {
    const folder = place({ name: `php environment ${at}`, htaccess, files: run });
    for (const asked of [`/${folder}/x.php`, `/${folder}/x.php`, "/who.php"]) {
      const told = JSON.parse((await rig.ask("a2001.test", { path: asked })).body);
      assert.deepEqual(told, { uid: 2001, memory: "64M", basedir: told.basedir, prepend: "", admin: null });
      assert.ok(told.basedir.startsWith(`${homes}/2001/:`), told.basedir);
    }
  });
}

const SOURCES = [
  "SetHandler default-handler",
  "SetHandler none",
  "RemoveHandler .php",
  "AddType text/plain .php",
  "ForceType text/plain",
  "<Files *>\nSetHandler default-handler\n</Files>",
  '<FilesMatch "\\.php$">\nSetHandler None\nForceType text/plain\n</FilesMatch>',
  "SetHandler Drupal_Security_Do_Not_Remove_See_SA_2006_006\n<Files *>\nSetHandler Drupal_Security_Do_Not_Remove_See_SA_2013_003\n</Files>",
  "RewriteEngine On\nRewriteRule ^ - [H=default-handler]",
  "AddHandler application/x-httpd-php56 .php",
  "<IfModule mime_module>\nAddHandler application/x-httpd-ea-php72 .php .php7 .phtml\n</IfModule>",
];
for (const [at, htaccess] of SOURCES.entries()) {
  test(`a program's source is never shown: ${htaccess.split("\n")[0]}`, async () => {
    const folder = place({ name: `source ${at}`, htaccess, files: { ...run, "x.phtml": WHOAMI, "x.PHP": WHOAMI, "x.php/y": "" } as Record<string, string> });
    for (const host of ["a2001.test", "static2001.test"])
      for (const file of ["x.php", "x.phtml", "x.PHP", "x.php/rest"]) {
        const answer = await rig.ask(host, { path: `/${folder}/${file}` });
        assert.ok(!answer.body.includes(SOURCE), `${host} ${file}: ${answer.status}`);
        assert.ok([200, 403, 404].includes(answer.status), `${host} ${file}: ${answer.status}`);
        if (host.startsWith("static")) assert.notEqual(answer.status, 200, file);
      }
  });
}

test("AddType application/x-httpd-php .html runs PHP or nothing, never shows it", async () => {
  const folder = place({
    name: "php in html",
    htaccess: "AddType application/x-httpd-php .html\nAddHandler application/x-httpd-php82 .inc",
    files: { "p.html": WHOAMI, "p.inc": WHOAMI },
  });
  for (const file of ["p.html", "p.inc"]) {
    const answer = await rig.ask("a2001.test", { path: `/${folder}/${file}` });
    assert.ok(!answer.body.includes(SOURCE), `${file} ${answer.status}`);
  }
});

test("a link that moves between the look and the opening shows nothing", async () => {
  const folder = place({ name: "race", htaccess: "", files: { "mine.txt": "mine" } });
  const here = join(homes, "2001/www", folder);
  const flip = `while :; do ln -s mine.txt n; mv -T n l.txt; ln -s ${neighbour}/secret.txt m; mv -T m l.txt; done`;
  const flipping = spawn("setpriv", ["--reuid", "2001", "--regid", "2001", "--clear-groups", "sh", "-c", flip], { cwd: here, stdio: "ignore" });
  try {
    const seen = new Set<number>();
    const end = Date.now() + 20_000;
    for (let asked = 0; (asked < 1500 || !seen.has(200) || !seen.has(403)) && Date.now() < end; asked += 10) {
      // A file shorter than the one that was looked at ends in a cut connection: an answer is not owed to whoever does this.
      const one = () => rig.ask("a2001.test", { path: `/${folder}/l.txt` }).catch((error: NodeJS.ErrnoException) => error.code ?? "aborted");
      for (const answer of await Promise.all(Array.from({ length: 10 }, one))) {
        if (typeof answer === "string") {
          assert.match(answer, /ECONNRESET|aborted/);
          continue;
        }
        noLeak(answer);
        seen.add(answer.status);
      }
    }
    assert.ok(seen.has(200) && seen.has(403), `both sides were met: ${[...seen]}`);
  } finally {
    flipping.kill("SIGKILL");
  }
});

test("a pipe named .htaccess holds nobody", async () => {
  const folder = place({ name: "pipe", htaccess: "", files: { "sub/x.txt": "x" } });
  execFileSync("setpriv", ["--reuid", "2001", "--regid", "2001", "--clear-groups", "mkfifo", join(homes, "2001/www", folder, "sub/.htaccess")]);
  assert.equal((await rig.ask("a2001.test", { path: `/${folder}/sub/x.txt` })).status, 403);
});

test("a neighbour's line is in no log either", async () => {
  const logs = join(rig.machine.root, "log/apache");
  const read = () =>
    readdirSync(logs)
      .map((name) => readFileSync(join(logs, name), "utf8"))
      .join("");
  await until("the log of the pipe above", () => read().includes("/pipe/sub/x.txt"));
  assert.ok(!read().includes(SECRET));
});

test("nothing of this has killed a child of Apache, and with it the requests of others", async () => {
  const read = () =>
    readdirSync(join(rig.machine.root, "log/apache"))
      .map((name) => readFileSync(join(rig.machine.root, "log/apache", name), "utf8"))
      .join("");
  assert.ok(read().includes("resuming normal operations"));
  assert.doesNotMatch(read(), /exit signal/);
});

test("the probes answer the control machine only", async () => {
  assert.equal((await rig.probe("a2001.test")).body, "hash-2001");
  assert.equal((await rig.probe("a2001.test", "/.well-known/mutu-probe/php")).body, "pool-2001");
  for (const path of ["/.well-known/mutu-probe", "/.well-known/mutu-probe/php", "/.well-known/mutu-php"])
    assert.equal((await rig.ask("a2001.test", { path })).status, 404, path);
});

test("a site without PHP has no pool to be asked", async () => {
  assert.equal((await rig.probe("static2001.test", "/.well-known/mutu-probe/php")).status, 404);
});

test("a name that nobody owns meets no member", async () => {
  assert.equal((await rig.ask("nobody.test")).status, 421);
  assert.equal((await rig.ask("127.0.0.1")).status, 421);
});

function place(attack: Omit<Attack, "ask" | "status">): string {
  const folder = attack.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const files: Record<string, string> = { ".htaccess": `${attack.htaccess}\n`, ...attack.files };
  for (const [path, content] of Object.entries(files)) if (!path.includes("php/")) rig.write(2001, `www/${folder}/${path}`, content);
  for (const [path, target] of Object.entries(attack.links ?? {})) {
    const link = join(homes, "2001/www", folder, path);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link);
    lchownSync(link, 2001, 2001);
  }
  return folder;
}

function noLeak(answer: Answer): void {
  assert.ok(!answer.body.includes(SECRET), `leaked with ${answer.status}`);
  assert.ok(!JSON.stringify(answer.headers).includes(SECRET), `leaked in a header with ${answer.status}`);
}

function findSocket(folder: string, name: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(`/${name}`));
  assert.equal(found.length, 1);
  return join(folder, found[0] as string);
}
