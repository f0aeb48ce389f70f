/** Character strings of TXT and CAA: bytes in hexadecimal between the text that people type and the quotes of a zone file. Pure. */

/** Longest character string (RFC 1035 §3.3.14). */
export const MAX_STRING = 255;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** Splits a text into character strings: whole letters stay together, so that each string is a text again. */
export function stringsOf(text: string): string[] {
  const strings: string[] = [];
  let current: Buffer[] = [];
  let length = 0;
  for (const letter of text) {
    const bytes = Buffer.from(letter, "utf8");
    if (length + bytes.length > MAX_STRING) {
      strings.push(Buffer.concat(current).toString("hex"));
      current = [];
      length = 0;
    }
    current.push(bytes);
    length += bytes.length;
  }
  return [...strings, Buffer.concat(current).toString("hex")];
}

/** Joins character strings as those who read a TXT record do (RFC 7208 §3.3): without anything between them. */
export function textOf(strings: readonly string[]): string {
  return Buffer.from(strings.join(""), "hex").toString("utf8");
}

/** Counts the bytes of a value in hexadecimal. */
export function byteLength(hex: string): number {
  return hex.length / 2;
}

/** Writes bytes as a quoted string of a zone file (RFC 1035 §5.1): whatever is not a plain letter becomes `\DDD`. */
export function quoted(hex: string): string {
  let text = "";
  for (const byte of Buffer.from(hex, "hex")) {
    if (byte === QUOTE || byte === BACKSLASH) text += `\\${String.fromCharCode(byte)}`;
    else if (byte < FIRST_PRINTABLE || byte > LAST_PRINTABLE) text += `\\${String(byte).padStart(3, "0")}`;
    else text += String.fromCharCode(byte);
  }
  return `"${text}"`;
}
