/** Lines of commands as terminals may show them. What a machine, a program or a member wrote stands in them. */

/** C0 and C1 controls, direction marks, line separators, invisible joiners and the byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Shows each character by its number that would move a terminal, hide, or turn the reading direction; but those of `kept`. Pure. */
export function showHidden(text: string, kept = ""): string {
  return text.replace(UNSEEN, (found) => (kept.includes(found) ? found : `\\u{${found.codePointAt(0)?.toString(16)}}`));
}

/** Writes one line to standard output; tabs part its words. */
export function sayLine(text: string): void {
  process.stdout.write(`${showHidden(text, "\t\n")}\n`);
}
