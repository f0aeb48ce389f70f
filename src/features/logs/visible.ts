/** Text of logs as people may see it: nothing in it moves a terminal, hides, or turns the direction of a page. Pure. */
import { showHidden } from "../../core/terminal.js";

const MAX_CHARACTERS = 2000;

/** Shows each such character by its number; cuts what is longer than a screen. */
export function visible(text: string, most = MAX_CHARACTERS): string {
  const cut = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return showHidden(cut);
}
