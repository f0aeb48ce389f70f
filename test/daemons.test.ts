/** What holds for every daemon's folder, whichever comes next: the contract, what generated files may say, and that no value breaks out of its place. */
import assert from "node:assert/strict";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import Handlebars from "handlebars";
import type { Daemon, HostFacts, RenderedFile } from "../src/publish/contract.js";
import { daemonNames, daemonsRoot, loadDaemon } from "./support/daemons.js";

/** apply refuses any other path (machines/README.md). */
const PATH = /^[a-z0-9][A-Za-z0-9._-]*(?:\/[a-z0-9][A-Za-z0-9._-]*)*$/;
/** A generated file never opens a port or a log, starts a program nor loads code: each of these passes the check and then kills or betrays. */
const FORBIDDEN =
  /^\s*(?:Listen|CustomLog|ErrorLog|TransferLog|GlobalLog|ForensicLog|LoadModule|LoadFile|PidFile|access_log|error_log|load_module|listen [0-9[*])|["'\s]\|/m;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/u;
/** Everything that some configuration language gives a meaning to (SECURITY.md, cases of the first day). */
const META = [
  "\n",
  "\r",
  "\t",
  "\0",
  "\u2028",
  "\u202e",
  ";",
  '"',
  "'",
  "`",
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  "<",
  ">",
  "%",
  "$",
  "\\",
  "#",
  "|",
  "&",
  "*",
  "?",
  "!",
  "~",
  "=",
  ",",
  ":",
  "@",
  " ",
  "/",
  "..",
  "-",
  "${HOME}",
  "%{HTTP_HOST}",
  "$1",
  "%1",
  "\\\n",
  "</VirtualHost>",
  "é",
  "a",
];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...META), { minLength: 1, maxLength: 6 }).map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom("a", "/srv/a", "https://a.test/", "a.test"), fc.array(fc.constantFrom(...META), { minLength: 1, maxLength: 4 }))
    .map(([start, parts]) => start + parts.join("")),
  fc.constant("x".repeat(300)),
);

interface GoldenCase {
  key: string;
  host: HostFacts;
  probe: string;
  state?: unknown;
  claims?: string[];
}
const names = daemonNames();

test("daemons are found", () => assert.ok(names.includes("apache") && names.length > 1, names.join()));

for (const name of names) {
  test(`${name} keeps the contract`, async () => {
    const daemon = await loadDaemon(name);
    assert.equal(daemon.name, name);
    assert.ok(daemon.role.length > 0);
    for (const verb of ["render", "renderNotice", "explain"] as const) assert.equal(typeof daemon[verb], "function", verb);
    assert.equal(typeof daemon.forwardOnly, "boolean");
    assert.deepEqual(daemon.explain([]), []);
    assert.deepEqual(daemon.explain(["words that no program says", ""]), [], "an unknown sentence is not guessed at");
    accessSync(join(daemonsRoot, name, "machine/driver"), constants.X_OK);
    assert.ok(cases(name).length > 0, `${name} has golden cases`);
  });

  test(`${name}: paths and bytes that apply accepts`, async () => {
    const daemon = await loadDaemon(name);
    for (const [one, given] of cases(name)) {
      const files = render(daemon, given);
      assert.equal(new Set(files.map((file) => file.path)).size, files.length, `${one}: one path, one file`);
      for (const file of files) {
        assert.match(file.path, PATH);
        assert.match(file.content, /^[^\n]/, `${one}/${file.path} begins with a line`);
        assert.match(file.content, /\n$/, `${one}/${file.path} ends its last line`);
        assert.doesNotMatch(file.content, FORBIDDEN, `${one}/${file.path}`);
        assert.doesNotMatch(file.content, CONTROL, `${one}/${file.path}`);
      }
    }
  });

  test(`${name}: the probe's hash can be made before it is known`, async () => {
    const daemon = await loadDaemon(name);
    for (const [, given] of cases(name)) {
      if (!given.state) continue;
      const without = daemon.render({ key: given.key, host: given.host, state: given.state }, "");
      const files = daemon.render({ key: given.key, host: given.host, state: given.state }, given.probe);
      assert.deepEqual(
        without.map((file) => file.path),
        files.map((file) => file.path),
      );
      if (given.probe !== "") for (const file of without) assert.ok(!file.content.includes(given.probe), file.path);
    }
  });

  test(`${name}: no value of a state breaks out of its place`, async () => {
    const daemon = await loadDaemon(name);
    let rendered = 0;
    let refused = 0;
    for (const [one, given] of cases(name)) {
      const leaves = given.state ? stringLeaves(given.state) : [];
      if (leaves.length === 0) continue;
      const before = render(daemon, given);
      fc.assert(
        fc.property(fc.constantFrom(...leaves), hostile, (leaf, value) => {
          const files = attempt(() => render(daemon, { ...given, state: replaced(given.state, leaf, value) }));
          if (files === null) {
            refused += 1;
            return;
          }
          rendered += 1;
          for (const file of files) {
            assert.match(file.path, PATH);
            assert.doesNotMatch(file.content, CONTROL, `${one} ${leaf.join(".")}`);
            const same = before.find((other) => other.path === file.path);
            // Another name may move lines between virtual hosts and files; a value that holds a sign never makes one.
            if (same && !/^[A-Za-z0-9.:/-]*$/.test(value)) assert.ok(lines(file) <= lines(same), `${one} ${leaf.join(".")}: a line more\n${file.content}`);
          }
        }),
        { numRuns: 300 },
      );
    }
    assert.ok(rendered + refused > 0);
  });

  test(`${name}: a notice cannot fail`, async () => {
    const daemon = await loadDaemon(name);
    const host = { id: "h", name: "web1", homes: "/srv/mutu/homes", options: {} };
    for (const key of ["2001", "2001/8.2", "base"])
      fc.assert(
        fc.property(fc.array(hostile, { maxLength: 5 }), (claims) => {
          for (const file of daemon.renderNotice({ key, host, claims: ["a.test", ...claims] })) {
            assert.match(file.path, PATH);
            assert.doesNotMatch(file.content, CONTROL);
          }
        }),
        { numRuns: 100 },
      );
  });

  test(`${name}: each value in a template passes a writer`, () => {
    const folder = join(daemonsRoot, name, "templates");
    for (const template of existsSync(folder) ? readdirSync(folder) : [])
      assert.deepEqual(bareNames(readFileSync(join(folder, template), "utf8")), [], template);
  });
}

test("a bare name in a template is seen", () => {
  assert.deepEqual(bareNames("ServerName {{name}}\n{{#each list}}{{word this}}{{{raw}}}{{/each}}{{word ok}}"), ["name", "raw"]);
});

function cases(name: string): [string, GoldenCase][] {
  const golden = join(daemonsRoot, name, "golden");
  const folders = existsSync(golden) ? readdirSync(golden).sort() : [];
  return folders.map((one) => [one, JSON.parse(readFileSync(join(golden, one, "state.json"), "utf8")) as GoldenCase]);
}

function render(daemon: Daemon, { key, host, probe, state, claims }: GoldenCase): RenderedFile[] {
  return claims ? daemon.renderNotice({ key, host, claims }) : daemon.render({ key, host, state }, probe);
}

function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

const lines = (file: RenderedFile) => file.content.split("\n").length;

/** Paths to every string of a state. */
function stringLeaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === "string") return [path];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => stringLeaves(inner, [...path, Array.isArray(value) ? Number(key) : key]));
}

function replaced(state: unknown, [head, ...rest]: (string | number)[], value: string): unknown {
  if (head === undefined) return value;
  const copy = structuredClone(state) as Record<string | number, unknown>;
  copy[head] = replaced(copy[head], rest, value);
  return copy;
}

/** Names that a config template writes without a writer: `{{x}}` and `{{{x}}}` instead of `{{word x}}`. */
function bareNames(template: string): string[] {
  const found: string[] = [];
  class Walk extends Handlebars.Visitor {
    override MustacheStatement(statement: hbs.AST.MustacheStatement): void {
      if (statement.params.length === 0 && statement.hash === undefined) found.push((statement.path as hbs.AST.PathExpression).original);
      super.MustacheStatement(statement);
    }
  }
  new Walk().accept(Handlebars.parse(template));
  return found;
}
