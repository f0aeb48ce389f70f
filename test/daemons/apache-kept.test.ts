/** Which connections Apache keeps after an answer (HOSTING.md 6): nginx may send another site's question over them, so no member may decide where the answer ends. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";

const PAGE = "0123456789".repeat(2000);
/** What a member would like to be taken for the neighbour's page. */
const FORGED = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
const NEXT = "the neighbour's own";

const rig = await ApacheRig.make();
after(() => rig.close());
const { homes } = rig.machine;
const site = (account: number) => ({
  names: [`a${account}.test`],
  serve: { kind: "folder" as const, root: `${homes}/${account}/www`, php: sitePhp(account), index: ["index.html"], errorPages: {} },
});
const header = (name: string, line: string): Record<string, string> => ({
  [`www/${name}/.htaccess`]: line,
  [`www/${name}/page.html`]: PAGE,
  [`www/${name}/chunks.html`]: `3\r\nabc\r\n0\r\n\r\n${FORGED}`,
});
rig.home(2001, {
  "www/page.html": PAGE,
  "www/empty.html": "",
  "www/list/a.txt": "a",
  "www/list/.htaccess": "Options +Indexes\n",
  "www/page.php": "<?php echo 'page';",
  "www/length.php": "<?php header('Content-Length: 4'); echo 'page';",
  "www/short.php": `<?php header("Content-Length: 3"); header("Connection: keep-alive"); echo "abc"; flush(); usleep(100000); echo ${JSON.stringify(FORGED)};`,
  "www/chunked.php": `<?php header("Transfer-Encoding: chunked"); header("Connection: keep-alive"); echo "3\\r\\nabc\\r\\n0\\r\\n\\r\\n"; flush(); usleep(100000); echo ${JSON.stringify(FORGED)};`,
  "www/empty.php": `<?php http_response_code(204); header("Connection: keep-alive"); echo ${JSON.stringify(FORGED)};`,
  ...header("set", "Header set Content-Length 3\n"),
  ...header("always", "Header always set Content-Length 3\n"),
  ...header("chunked", "Header set Transfer-Encoding chunked\n"),
  ...header("always-chunked", "Header always set Transfer-Encoding chunked\n"),
  ...header("connection", "Header always set Connection keep-alive\n"),
  ...header(
    "error",
    "Header always set Connection keep-alive\nHeader always set Content-Length 3\nErrorDocument 404 /page.html\nRewriteEngine On\nRewriteRule ^ - [R=404,L]\n",
  ),
  ...header("none", "RewriteEngine On\nRewriteRule ^ - [R=204,L]\n"),
  ...header("early", "RewriteEngine On\nRewriteRule ^ - [R=103,L]\n"),
});
rig.home(2002, { "www/next.html": NEXT });
rig.publish([accountState(2001, homes, [site(2001)]), accountState(2002, homes, [site(2002)])]);

/** Everything that comes back for this question and, over the same connection, one to the neighbour. */
function both(path: string, line = "GET", fields: string[] = [], body = ""): Promise<string> {
  const ask = (method: string, host: string, at: string, more: string[] = []) =>
    `${[`${method} ${at} HTTP/1.1`, `Host: ${host}`, ...more].join("\r\n")}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(rig.ports[rig.colour][1], "127.0.0.1");
    socket.setTimeout(60_000, () => socket.destroy(new Error("no answer in 60 s")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.write(ask(line, "a2001.test", path, fields) + body + ask("GET", "a2002.test", "/next.html", ["Connection: close"]));
  });
}

const KEPT: [string, string][] = [
  ["a file", "/page.html"],
  ["an empty file", "/empty.html"],
  ["a file of which .htaccess says another length: it has its true one", "/set/page.html"],
];
for (const [name, path] of KEPT)
  test(`kept: ${name}`, async () => {
    const answers = await both(path);
    const [, length] = /^Content-Length: (\d+)\r$/im.exec(answers.slice(0, answers.indexOf("\r\n\r\n"))) ?? [];
    const rest = answers.slice(answers.indexOf("\r\n\r\n") + 4 + Number(length));
    assert.ok(rest.startsWith("HTTP/1.1 200 OK\r\n") && rest.endsWith(NEXT), answers.slice(0, 600));
    assert.equal([...answers.matchAll(/^Content-Length:/gim)].length, 2, answers);
  });

const CLOSED: [string, string, string?, string[]?, string?][] = [
  ["PHP", "/page.php"],
  ["PHP with a length", "/length.php"],
  ["PHP with a length that is too short", "/short.php"],
  ["PHP that says it sends chunks", "/chunked.php"],
  ["PHP without a body, with one", "/empty.php"],
  ["a file of which .htaccess always says another length", "/always/page.html"],
  ["a file that is said to come in chunks", "/chunked/chunks.html"],
  ["a file that is always said to come in chunks", "/always-chunked/chunks.html"],
  ["an error page with a length of .htaccess", "/error/page.html"],
  ["no content", "/none/page.html"],
  ["an early answer", "/early/page.html"],
  ["no such file, with words for the connection", "/connection/nothing"],
  ["a list of files", "/list/"],
  ["a part of a file", "/page.html", "GET", ["Range: bytes=0-9"]],
  ["the head of a file", "/page.html", "HEAD"],
  ["a file that has not changed", "/page.html", "GET", [`If-Modified-Since: ${new Date().toUTCString()}`]],
  ["a file asked for by POST", "/page.html", "POST", ["Content-Length: 3"], "abc"],
  ["a file asked for with a body", "/page.html", "GET", ["Content-Length: 3"], "abc"],
];
for (const [name, path, line, fields, body] of CLOSED)
  test(`not kept: ${name}`, async () => {
    const answers = await both(path, line, fields, body);
    assert.match(answers, /^HTTP\/1\.1 \d{3} /);
    assert.ok(!answers.includes(NEXT), answers.slice(0, 600));
    assert.match(answers.slice(0, answers.indexOf("\r\n\r\n")), /^Connection: (?:.*, ?)?close\r?$/im);
  });

test("PHP without a length comes in chunks, so that nginx sees where it was cut off", async () => {
  assert.match(await both("/page.php"), /^HTTP\/1\.1 200 [\s\S]*\r\nTransfer-Encoding: chunked\r\n[\s\S]*\r\n\r\n4\r\npage\r\n0\r\n\r\n$/);
});
