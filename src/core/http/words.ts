/** The words that templates may use: `{{t "sites.title"}}`, `{{icon "world"}}`, `{{time createdAt}}`, `{{bytes size}}`, `{{csrf}}`… */
import type Handlebars from "handlebars";
import type { HelperOptions } from "handlebars";
import type { Text } from "../text.js";
import type { FormState } from "./forms.js";
import type { PageFrame } from "./views.js";

const CHIP_ICONS: Record<string, string> = {
  waiting: "refresh",
  published: "cloud-up",
  verified: "circle-check",
  failed: "alert-triangle",
  held: "player-pause",
};
const NOTICE_ICONS: Record<string, string> = { good: "circle-check", bad: "alert-triangle", wait: "info-circle" };
const STEP_ICONS: Record<string, string> = { done: "check", now: "refresh", next: "point", failed: "x" };
/** Icons that are named above, in the form that the sprite's builder reads. */
export const STATIC_ICONS = [
  { icon: "refresh" },
  { icon: "cloud-up" },
  { icon: "circle-check" },
  { icon: "alert-triangle" },
  { icon: "player-pause" },
  { icon: "info-circle" },
  { icon: "check" },
  { icon: "point" },
  { icon: "x" },
];
const BYTE_UNITS = ["b", "kb", "mb", "gb", "tb"] as const;

interface Scope {
  page: PageFrame;
  form: FormState;
  csrf(): string;
}

/** Registers the words on one Handlebars instance. */
export function registerWords(handlebars: typeof Handlebars, text: Text, asset: (path: string) => string): void {
  const { SafeString, escapeExpression } = handlebars;
  const safe = (html: string) => new SafeString(html);
  const scope = (options: HelperOptions) => options.data as Scope;
  const t = (options: HelperOptions, key: string, data: Record<string, unknown> = {}) => text.translate(scope(options).page.locale, key, data);

  handlebars.registerHelper({
    t: (key: string, options: HelperOptions) => t(options, key, { ...(options.hash["data"] as object | undefined), ...options.hash }),
    asset: (path: string) => asset(path),
    icon: (name: string) =>
      safe(`<svg class="icon" aria-hidden="true" focusable="false"><use href="${asset("icons.svg")}#${escapeExpression(name)}"></use></svg>`),
    chipIcon: (state: string) => CHIP_ICONS[state] ?? "point",
    noticeIcon: (kind: unknown) => NOTICE_ICONS[String(kind)] ?? "info-circle",
    stepIcon: (state: string) => STEP_ICONS[state] ?? "point",
    csrf: (options: HelperOptions) => safe(`<input type="hidden" name="_csrf" value="${escapeExpression(scope(options).csrf())}">`),
    setTitle: (title: string, options: HelperOptions) => {
      scope(options).page.title = title;
      return "";
    },
    time: (value: Date | string | null, options: HelperOptions) => {
      if (!value) return "";
      const date = new Date(value);
      const style = options.hash["style"] === "date" ? ' data-style="date"' : "";
      const shown =
        date
          .toISOString()
          .replace("T", " ")
          .slice(0, style ? 10 : 16) + (style ? "" : " UTC");
      return safe(`<time datetime="${date.toISOString()}"${style}>${shown}</time>`);
    },
    bytes: (value: number | bigint | null, options: HelperOptions) => {
      const { size, unit } = humanSize(Number(value ?? 0));
      const shown = new Intl.NumberFormat(scope(options).page.locale, { maximumFractionDigits: size < 10 && unit !== "b" ? 1 : 0 }).format(size);
      return t(options, `shell.bytes.${unit}`, { value: shown });
    },
    number: (value: number, options: HelperOptions) => new Intl.NumberFormat(scope(options).page.locale).format(Number(value ?? 0)),
    eq: (a: unknown, b: unknown) => a === b,
    ne: (a: unknown, b: unknown) => a !== b,
    gt: (a: number, b: number) => a > b,
    not: (value: unknown) => !value,
    and: (...values: unknown[]) => values.slice(0, -1).every(Boolean),
    or: (...values: unknown[]) => values.slice(0, -1).find(Boolean),
    concat: (...values: unknown[]) => values.slice(0, -1).join(""),
    list: (...values: unknown[]) => values.slice(0, -1),
    option: (value: unknown, label: string, options: HelperOptions) => ({ value, label, ...options.hash }),
    fieldId: (name: string) => `field-${String(name).replace(/[^A-Za-z0-9_-]/g, "-")}`,
    fieldValue: (name: string, value: unknown, options: HelperOptions) => scope(options).form.values[name] ?? value ?? "",
    fieldError: (name: string, options: HelperOptions) => scope(options).form.errors[name],
    chosen: (name: string, value: unknown, option: unknown, options: HelperOptions) => wordOf(scope(options).form.values[name] ?? value) === wordOf(option),
    ticked: (name: string, value: unknown, options: HelperOptions) => {
      const { form } = scope(options);
      return form.failed ? form.values[name] === "true" : value === true;
    },
    attributes: (options: HelperOptions) =>
      safe(
        Object.entries(options.hash)
          .filter(([, value]) => value !== undefined && value !== null && value !== "")
          .map(([name, value]) => ` ${name}="${escapeExpression(String(value))}"`)
          .join(""),
      ),
    described: (name: string, hint: unknown, options: HelperOptions) => {
      const id = `field-${String(name).replace(/[^A-Za-z0-9_-]/g, "-")}`;
      const wrong = scope(options).form.errors[name] !== undefined;
      const notes = [...(hint ? [`${id}-hint`] : []), ...(wrong ? [`${id}-error`] : [])];
      return safe(`${notes.length > 0 ? ` aria-describedby="${notes.join(" ")}"` : ""}${wrong ? ' aria-invalid="true"' : ""}`);
    },
  });
}

/** What a form would send for a value. */
function wordOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Gives a size in the unit that a person would say, powers of 1 024. */
export function humanSize(bytes: number): { size: number; unit: (typeof BYTE_UNITS)[number] } {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BYTE_UNITS.length - 1);
  return { size: bytes / 1024 ** power, unit: BYTE_UNITS[power] ?? "b" };
}
