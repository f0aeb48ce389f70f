/** Writers for Apache's syntax: each takes what fits its place and refuses the rest, so no value can become a line, a directive or a variable. */
import { hostName, refuse } from "../../publish/words.js";

export { decimal, hostName } from "../../publish/words.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** Writes a wildcard such as `*.example.org`. */
export function wildcardName(value: string): string {
  if (!value.startsWith("*.")) refuse("wildcard", value);
  return `*.${hostName(value.slice(2))}`;
}

/** Writes one word without any sign: hashes, socket and file names. */
export function plainWord(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) refuse("plain word", value);
  return value;
}

/** Writes an absolute path in quotes: no `..`, nothing that ends the quotes, no `${NAME}`. */
export function quotedPath(value: string): string {
  const segments = value.split("/").slice(1);
  if (!value.startsWith("/") || segments.some((segment) => segment === "" || segment === "." || segment === "..")) refuse("absolute path", value);
  return quotedText(value);
}

/**
 * Writes a path below a document root for ErrorDocument, percent-encoded: with a blank in it Apache takes it for the message itself, and
 * `%{NAME}` or `$1` in it for an expression.
 */
export function urlPath(value: string): string {
  quotedPath(value);
  return value.split("/").map(encodeURIComponent).join("/");
}

/** Writes text in quotes. Apache's lines know `\"`, `\\` and `${NAME}`; all three are refused rather than escaped. */
export function quotedText(value: string): string {
  if (CONTROL.test(value) || /["\\]|\$\{/.test(value)) refuse("text", value);
  return `"${value}"`;
}

/** Writes the name of a PHP setting. */
export function settingName(value: string): string {
  if (!/^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/i.test(value)) refuse("PHP setting", value);
  return value;
}

/**
 * Writes an absolute URL as it stands in a RewriteRule's substitution, without quotes. `$1`, `%1` and `%{NAME}` are that place's own
 * language: a backslash takes their meaning away, and within quotes the line would need it twice.
 */
export function rewriteUrl(value: string): string {
  if (!/^https?:\/\/[^/]/.test(value) || !/^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/.test(value)) refuse("URL", value);
  return value.replace(/[$%]/g, "\\$&");
}
