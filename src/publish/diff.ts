/** Shows what changed in a file, line by line, as people read it. Pure. */

/** One line: kept (" "), removed ("-"), added ("+"), or "@" for lines left out. */
export interface DiffLine {
  mark: " " | "-" | "+" | "@";
  text: string;
}

const CONTEXT_LINES = 3;
/** Beyond this many line pairs the middle is shown as removed and added: a page is for reading. */
const MOST_CELLS = 4_000_000;
/** Lines shown of either side: who edits a machine's files by hand chooses how many there are, and a page of a million ends the panel. */
const MOST_LINES = 5_000;

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** Compares two texts; equal ends are cut first, so the cost follows the change. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const middle = longestCommon(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const kept = (text: string): DiffLine => ({ mark: " ", text });
  return fold([...a.slice(0, head).map(kept), ...middle, ...a.slice(a.length - tail).map(kept)]);
}

function longestCommon(a: string[], b: string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ mark: "-", text });
  const added = (text: string): DiffLine => ({ mark: "+", text });
  if (a.length * b.length > MOST_CELLS || Math.max(a.length, b.length) > MOST_LINES)
    return [...first(a).map(removed), ...rest(a), ...first(b).map(added), ...rest(b)];
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => length[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      length[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: " ", text: a[i] as string });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(removed(a[i] as string));
      i += 1;
    } else {
      lines.push(added(b[j] as string));
      j += 1;
    }
  }
  return lines;
}

const first = (lines: string[]): string[] => lines.slice(0, MOST_LINES);
const rest = (lines: string[]): DiffLine[] => (lines.length > MOST_LINES ? [{ mark: "@", text: "" }] : []);

/** Leaves out what lies further than three lines from a change. */
function fold(lines: DiffLine[]): DiffLine[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((line, index) => {
    if (line.mark === " ") return;
    near.fill(1, Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1);
  });
  const folded: DiffLine[] = [];
  lines.forEach((line, index) => {
    if (near[index]) folded.push(line);
    else if (folded.at(-1)?.mark !== "@") folded.push({ mark: "@", text: "" });
  });
  return folded;
}
