/** What the real apache2 says of a poisoned release, and what becomes of it: the driver's own words, not remembered ones. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createText, LOCALES } from "../../src/core/text.js";
import { daemon } from "../../src/daemons/apache/daemon.js";
import { ApacheRig, accountState } from "./apache-rig.js";

const rig = await ApacheRig.make();
after(() => rig.close());
const homes = rig.machine.homes;
const good = (number: number) =>
  accountState(number, homes, [
    { names: [`a${number}.test`], serve: { kind: "folder", root: `${homes}/${number}/www`, php: null, index: ["index.html"], errorPages: {} } },
  ]);
rig.home(2001, { "www/index.html": "one" });
rig.home(2002, { "www/index.html": "two" });
rig.publish([good(2001), good(2002)]);

/** Rehearses a release in which the file of account 2002 is poisoned. */
function rehearse(poison: (content: string) => string) {
  const tree = rig.tree([good(2001), good(2002)]);
  tree["apache/accounts/2002.conf"] = poison(tree["apache/accounts/2002.conf"] as string);
  const step = rig.machine.stage(tree);
  const { code, words } = rig.machine.driver("apache", "rehearse", step.env);
  // Never activated: the next one takes its number.
  for (const folder of [step.next, step.env.MUTU_RELEASE as string]) rmSync(folder, { recursive: true });
  assert.notEqual(code, 0);
  return daemon.explain(words.split("\n").filter(Boolean));
}

test("an unknown directive", () => {
  const [first] = rehearse((content) => content.replace("DocumentRoot", "DocumentRot"));
  assert.deepEqual(first, { path: "accounts/2002.conf", line: 8, code: "apache.unknown_directive", data: { directive: "DocumentRot" } }, JSON.stringify(first));
});

test("an argument too many", () => {
  const [first] = rehearse((content) => content.replace("MutuAccount 2002", "MutuAccount 2002 2001"));
  assert.equal(first?.path, "accounts/2002.conf");
  assert.equal(first?.code, "apache.syntax");
  assert.match(first?.data.words ?? "", /MutuAccount takes one argument/);
});

test("a section that never ends", () => {
  const [first] = rehearse((content) => content.replace("</VirtualHost>", ""));
  assert.deepEqual([first?.path, first?.code], ["accounts/2002.conf", "apache.syntax"]);
});

test("a module that passes -t only where it exists", () => {
  const [first] = rehearse((content) => `LoadModule none_module modules/mod_none.so\n${content}`);
  assert.deepEqual(first, { path: "accounts/2002.conf", line: 1, code: "apache.module", data: { module: "modules/mod_none.so".split("/").pop() as string } });
});

test("a log whose folder is missing", () => {
  const [first] = rehearse((content) => `CustomLog /nowhere/at/all.log common\n${content}`);
  assert.deepEqual(first, { path: "accounts/2002.conf", line: 1, code: "apache.logs", data: {} });
});

test("a port that passes -t and kills the server", () => {
  const [first] = rehearse((content) => `Listen 127.0.0.1:${rig.ports[rig.colour][0]}\n${content}`);
  assert.deepEqual(first, { path: "accounts/2002.conf", line: null, code: "apache.port_taken", data: { address: `127.0.0.1:${rig.ports[rig.colour][0]}` } });
});

test("the sites go on meanwhile", async () => assert.equal((await rig.ask("a2002.test")).body, "two"));

test("words that say nothing of ours are not guessed at", () => {
  assert.deepEqual(daemon.explain(["AH00112: Warning: DocumentRoot [/x] does not exist", "Syntax OK", ""]), []);
});

test("each code has its sentence in both languages", () => {
  const text = createText(fileURLToPath(new URL("../../views", import.meta.url)));
  for (const code of ["syntax", "unknown_directive", "module", "port_taken", "silent", "logs"])
    for (const locale of LOCALES) assert.ok(text.has(locale, `apache.errors.${code}`), `${locale} ${code}`);
});

test("one rehearsal tells all culprits of many files, also those that Apache itself does not name", () => {
  const numbers = Array.from({ length: 24 }, (_, at) => 2001 + at);
  const tree = rig.tree(numbers.map(good));
  const poison: Record<number, string> = {
    2003: "NoSuchDirective on\n",
    2004: "AnotherOne on\n",
    2011: "Listen 192.0.2.1:81\n",
    2012: "ErrorDocument 99999 /x\n",
    2020: "Listen 192.0.2.7:81\n",
  };
  for (const [number, lines] of Object.entries(poison)) tree[`apache/accounts/${number}.conf`] += lines;
  const step = rig.machine.stage(tree);
  const { code, words } = rig.machine.driver("apache", "rehearse", step.env);
  for (const folder of [step.next, step.env.MUTU_RELEASE as string]) rmSync(folder, { recursive: true });
  assert.notEqual(code, 0);
  const faults = daemon.explain(words.split("\n").filter(Boolean));
  assert.deepEqual(
    Object.fromEntries(faults.map(({ path, code: why }) => [path, why])),
    {
      "accounts/2003.conf": "apache.unknown_directive",
      "accounts/2004.conf": "apache.unknown_directive",
      "accounts/2011.conf": "apache.port_taken",
      "accounts/2012.conf": "apache.syntax",
      "accounts/2020.conf": "apache.port_taken",
    },
    words,
  );
});
