/** The words of a record's data in presentation form (RFC 1035 §5.1): spaces, quotes and escapes. Pure. */

export interface Word {
  bytes: Buffer;
  quoted: boolean;
}

const MAX_TEXT = 20_000;

/** Splits one line into words; null where it is no line of data (a loose quote, a control character, a bracket, a comment, a bad escape). */
export function splitWords(text: string): Word[] | null {
  if (text.length > MAX_TEXT) return null;
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === " " || text[at] === "\t") {
      at += 1;
      continue;
    }
    const word = text[at] === '"' ? readQuoted(text, at + 1) : readBare(text, at);
    if (word === null) return null;
    words.push({ bytes: Buffer.concat(word.parts), quoted: text[at] === '"' });
    at = word.end;
    if (at < text.length && text[at] !== " " && text[at] !== "\t") return null;
  }
  return words;
}

interface Read {
  parts: Buffer[];
  end: number;
}

function readQuoted(text: string, from: number): Read | null {
  const parts: Buffer[] = [];
  for (let at = from; at < text.length; ) {
    if (text[at] === '"') return { parts, end: at + 1 };
    const step = readLetter(text, at);
    if (step === null) return null;
    parts.push(step.bytes);
    at = step.end;
  }
  return null;
}

function readBare(text: string, from: number): Read | null {
  const parts: Buffer[] = [];
  let at = from;
  while (at < text.length && text[at] !== " " && text[at] !== "\t") {
    // RFC 9460 §2.1: the value of a parameter may stand in quotes, `alpn="h2,h3"`.
    const valueInQuotes = text[at] === '"' && text[at - 1] === "=" && at > from;
    if (!valueInQuotes && /["();]/.test(text[at] ?? "")) return null;
    const step = valueInQuotes ? readQuoted(text, at + 1) : readLetter(text, at);
    if (step === null) return null;
    parts.push(...("parts" in step ? step.parts : [step.bytes]));
    at = step.end;
  }
  return { parts, end: at };
}

function readLetter(text: string, at: number): { bytes: Buffer; end: number } | null {
  if (text[at] === "\\") return readEscape(text, at + 1);
  const letter = String.fromCodePoint(text.codePointAt(at) ?? 0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/u.test(letter)) return null;
  return { bytes: Buffer.from(letter, "utf8"), end: at + letter.length };
}

function readEscape(text: string, at: number): { bytes: Buffer; end: number } | null {
  const digits = /^\d{3}/.exec(text.slice(at, at + 3))?.[0];
  if (digits !== undefined) return Number(digits) <= 255 ? { bytes: Buffer.from([Number(digits)]), end: at + 3 } : null;
  const letter = text[at];
  if (letter === undefined || !/[\u0020-\u007e]/.test(letter) || /\d/.test(letter)) return null;
  return { bytes: Buffer.from(letter), end: at + 1 };
}
