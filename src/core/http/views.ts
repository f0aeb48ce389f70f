/** Pages: Handlebars with escaping on, read once at boot. A file of views/partials is a component: a helper of its name that sees only what it is given. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import Handlebars from "handlebars";
import type { Locale, Text } from "../text.js";
import { assetAddresses } from "./assets.js";
import type { FormState } from "./forms.js";
import { registerWords } from "./words.js";

/** What the frame around a page shows; reachable in every template as `@page`. */
export interface PageFrame {
  locale: Locale;
  path: string;
  title?: string;
  layout: string;
  query: Record<string, string>;
  [name: string]: unknown;
}

/** What templates see beside their own data. */
export interface ViewScope {
  page: PageFrame;
  form: FormState;
  /** Gives the CSRF token, made only when a form asks for it. */
  csrf(): string;
}

export interface Views {
  /** Renders `views/<name>.hbs` alone. */
  fragment(name: string, data: unknown, scope: ViewScope): string;
  /** Renders a page inside the layout that `scope.page.layout` names. */
  page(name: string, data: unknown, scope: ViewScope): string;
}

type Template = (context: unknown, options: { data: unknown }) => string;

/** Reads every template below `folder`; a broken one stops the boot, naming its path. */
export function createViews(folder: string, text: Text, publicFolder: string): Views {
  const handlebars = Handlebars.create();
  const templates = new Map<string, Template>();
  for (const path of templateFiles(folder)) {
    const name = relative(folder, path).replace(/\.hbs$/, "");
    const source = readFileSync(path, "utf8").trimEnd();
    refuseRawText(name, source);
    handlebars.registerPartial(name, source);
    templates.set(name, handlebars.compile(source, { preventIndent: true }) as Template);
  }
  registerWords(handlebars, text, assetAddresses(publicFolder));
  for (const [name, template] of templates) {
    if (name.startsWith("partials/")) registerComponent(handlebars, name.slice("partials/".length), template);
  }

  const render = (name: string, data: unknown, scope: ViewScope): string => {
    const template = templates.get(name);
    if (!template) throw new Error(`there is no views/${name}.hbs`);
    return template(data ?? {}, { data: scope });
  };
  return {
    fragment: render,
    page(name, data, scope) {
      // The list of what is wrong stands above its fields: a first drawing learns what they are called.
      if (scope.form.list.length > 0) render(name, data, scope);
      const body = render(name, data, scope);
      return `${render(`layouts/${scope.page.layout}`, { body }, scope)}\n`;
    },
  };
}

/** Makes `views/partials/page-header.hbs` the helper `pageHeader`: its words are its whole context, its block is `body`. */
function registerComponent(handlebars: typeof Handlebars, file: string, template: Template): void {
  const name = file.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  handlebars.registerHelper(name, function component(this: unknown, options: Handlebars.HelperOptions) {
    learnLabel(options);
    const body = options.fn ? new handlebars.SafeString(options.fn(this)) : undefined;
    return new handlebars.SafeString(template({ ...options.hash, body }, { data: options.data }));
  });
}

/** A component with a name and a label is a field: errors are told with its label. */
function learnLabel({ hash, data }: Handlebars.HelperOptions): void {
  const { name, label } = hash as { name?: unknown; label?: unknown };
  if (typeof name === "string" && typeof label === "string") (data as ViewScope).form.labels[name] ??= label;
}

/** Only a layout may put in what is already HTML: the page that it frames. */
function refuseRawText(name: string, source: string): void {
  const raw = source.match(/\{\{\{[^}]*\}\}\}|\{\{&[^}]*\}\}/)?.[0];
  if (raw && !(name.startsWith("layouts/") && raw === "{{{body}}}")) throw new Error(`views/${name}.hbs: ${raw} would not be escaped`);
}

function templateFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".hbs"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
