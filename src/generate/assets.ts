/**
 * Makes what browsers load from the packages that we read it from: `npm run assets` writes, `npm run assets -- --check` fails when the
 * committed files differ. Same sources, same bytes: nothing here depends on a date or on the order of a directory.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postcss, { type AtRule, type Container, type Root, type Rule } from "postcss";

const ROOT = join(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");
/** Where a class or an icon can be named. */
const SOURCES = ["views", "src", "public/js"];
/** Folders that draw no page: their words would keep rules alive that nobody uses. */
const NO_PAGE = new Set(["generated", "generate", "golden"]);
const SOURCE_FILE = /\.(hbs|ts|js)$/;
/** The panel chooses its theme by `data-bs-theme` on <html> only: Tabler's other ways to say it are dead weight. */
const OTHER_THEMES = /theme-dark|data-theme|data-bs-navbar-theme|data-bs-layout|body\[data-bs-theme|^\[data-bs-theme=dark\] \[data-bs-theme=light\]/;

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!NO_PAGE.has(entry.name)) yield* files(path);
      continue;
    }
    if (SOURCE_FILE.test(entry.name) && !entry.name.endsWith(".min.js")) yield path;
  }
}

const source = SOURCES.flatMap((folder) => [...files(folder)])
  .map((path) => readFileSync(join(ROOT, path), "utf8"))
  .join("\n");

/** Every word that could be a class: more than are in use, never fewer. */
const words = new Set(source.match(/[A-Za-z][A-Za-z0-9_-]*/g));

function classesOf(selector: string): string[] {
  const positive = selector.replace(/:not\((?:[^()]|\([^()]*\))*\)/g, "");
  return [...positive.matchAll(/\.((?:\\.|[A-Za-z0-9_-])+)/g)].map((match) => (match[1] ?? "").replace(/\\/g, ""));
}

function isUsed(selector: string): boolean {
  return !OTHER_THEMES.test(selector) && classesOf(selector).every((name) => words.has(name));
}

/** Drops the rules whose classes nobody names. */
function purge(root: Root): void {
  root.walkComments((comment) => {
    comment.remove();
  });
  root.walkRules((rule: Rule) => {
    if (rule.parent?.type === "atrule" && (rule.parent as AtRule).name.endsWith("keyframes")) return;
    const kept = rule.selectors.filter(isUsed);
    if (kept.length === 0) rule.remove();
    else rule.selectors = kept;
  });
}

/** Repeats the rules of the dark theme for readers who left the choice to their system. */
function followSystem(root: Root): void {
  const copies: Rule[] = [];
  root.walkRules(/data-bs-theme=dark/, (rule) => {
    if (rule.parent?.type !== "root") return;
    const dark = rule.selectors.filter((selector) => selector.includes("[data-bs-theme=dark]"));
    copies.push(rule.clone({ selectors: dark.map((selector) => selector.replaceAll("[data-bs-theme=dark]", "[data-bs-theme=auto]")) }));
  });
  const media = postcss.atRule({ name: "media", params: "(prefers-color-scheme:dark)" });
  media.append(copies);
  root.append(media);
}

/** Drops custom properties that nothing reads, until none is left, then unused animations and empty blocks. */
function shake(root: Root, otherText: string): void {
  let dropped: number;
  do {
    dropped = 0;
    const read = new Set(`${root.toString()}${otherText}`.match(/var\(\s*--[\w-]+/g)?.map((use) => use.replace(/^var\(\s*/, "")));
    root.walkDecls(/^--/, (declaration) => {
      if (read.has(declaration.prop)) return;
      declaration.remove();
      dropped += 1;
    });
  } while (dropped > 0);
  const text = root.toString() + otherText;
  root.walkAtRules("keyframes", (animation) => {
    if (!new RegExp(`animation[^;}]*\\b${animation.params}\\b`).test(text)) animation.remove();
  });
  dropEmpty(root);
}

function dropEmpty(container: Container): void {
  container.each((node) => {
    if (!("nodes" in node) || node.nodes === undefined) return;
    dropEmpty(node as Container);
    if (node.nodes.length === 0) node.remove();
  });
}

/** One line per rule: small, and a diff that a person can read. */
function compact(root: Root): string {
  root.walk((node) => {
    node.raws.before = node.type === "decl" ? "" : "\n";
    node.raws.after = "";
    node.raws.between = node.type === "decl" ? ":" : "";
    if (node.type === "rule") {
      node.raws.semicolon = false;
      node.selector = node.selectors.join(",");
    }
  });
  return root.toString().trimStart();
}

function tabler(): string {
  const root = postcss.parse(readFileSync(join(MODULES, "@tabler/core/dist/css/tabler.css"), "utf8"));
  const own = readFileSync(join(ROOT, "public/css/mutu.css"), "utf8");
  root.walkAtRules("charset", (rule) => {
    rule.remove();
  });
  purge(root);
  followSystem(root);
  shake(root, own);
  return `@charset "UTF-8";\n/*! Tabler 1.6.1 (https://tabler.io), MIT, reduced to what is in use by "npm run assets"; do not edit. */\n${compact(root)}\n`;
}

function sprite(): string {
  const names = new Set([...source.matchAll(/\bicon(?:=|:|)\s*\(?\s*["']([a-z][a-z0-9-]*)["']/g)].map((match) => match[1] ?? ""));
  const symbols = [...names].sort().map((name) => {
    const svg = readFileSync(join(MODULES, `@tabler/icons/icons/outline/${name}.svg`), "utf8");
    const shapes = svg
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>\s*$/, "")
      .replace(/\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "")
      .replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Tabler Icons 3.51.0, MIT; made by "npm run assets", do not edit -->\n${symbols.join("\n")}\n</svg>\n`;
}

const outputs: [string, string][] = [
  ["public/css/tabler.css", tabler()],
  ["public/icons.svg", sprite()],
  ["public/js/htmx.min.js", readFileSync(join(MODULES, "htmx.org/dist/htmx.min.js"), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n")],
];

const check = process.argv.includes("--check");
for (const [path, content] of outputs) {
  if (!check) {
    writeFileSync(join(ROOT, path), content);
    console.log(`${path}: ${content.length} bytes`);
    continue;
  }
  let committed = "";
  try {
    committed = readFileSync(join(ROOT, path), "utf8");
  } catch {
    // A missing file is a difference like any other.
  }
  if (committed !== content) {
    console.error(`${path} is not what its sources make: run "npm run assets" and commit the result.`);
    process.exitCode = 1;
  }
}
