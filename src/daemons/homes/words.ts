/** Writers for lines of a homes list: each takes what fits its place and refuses the rest. */
import { refuse } from "../../publish/words.js";

export { accountNumber, decimal } from "../../publish/words.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** Writes an absolute path without blanks: the home, compared by the driver with the machine's own. */
export function homePath(value: string): string {
  if (!/^(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(value)) refuse("path of a home", value);
  return value;
}

/** Writes a folder below the home as the rest of a line: whole segments, none hidden, none an option, none leading out. */
export function folderPath(value: string): string {
  const bad = value.split("/").some((segment) => segment === "" || /^[.\s-]/.test(segment) || /\s$/.test(segment));
  if (bad || CONTROL.test(value) || value.includes("\\")) refuse("folder below a home", value);
  return value;
}

/** Writes the language of a starter page. */
export function language(value: string): string {
  if (!/^[a-z]{2}$/.test(value)) refuse("language", value);
  return value;
}
