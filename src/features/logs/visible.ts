/** Text of logs as people may see it: nothing in it moves a terminal, hides, or turns the direction of a page. Pure. */

/** C0 and C1 controls, direction marks, line separators, invisible joiners and the byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const MAX_CHARACTERS = 2000;

/** Shows each such character by its number; cuts what is longer than a screen. */
export function visible(text: string, most = MAX_CHARACTERS): string {
  const cut = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return cut.replace(UNSEEN, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}
