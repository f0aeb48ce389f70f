/** Writers for FPM's ini syntax: each takes what fits its place and refuses the rest, so no value can become a line or a directive. */

/** Writes a whole number, zero or more. */
export function decimal(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a whole number: ${value}`);
  return String(value);
}

/** First number of an account: below it live the system's own users. */
const FIRST_ACCOUNT = 2000;

/** Writes an account's number, which becomes a user and a group of the machine. */
export function accountNumber(value: number): string {
  if (value < FIRST_ACCOUNT) throw new Error(`not an account's number: ${value}`);
  return decimal(value);
}

/** Writes one word without any of ini's signs: versions, socket names, envelopes, hashes. */
export function plainWord(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/.test(value)) throw new Error(`not a plain word: ${JSON.stringify(value)}`);
  return value;
}

/** Writes one segment of a file's path: apply takes no sign that a plain word may hold besides. */
export function segment(value: string): string {
  if (!/^[a-z0-9][A-Za-z0-9._-]*$/.test(value)) throw new Error(`not a segment of a path: ${JSON.stringify(value)}`);
  return value;
}

/** Writes an absolute path of a home. `:` would end it inside open_basedir, `$` and quotes mean something to the parser. */
export function poolPath(value: string): string {
  if (!/^(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(value)) throw new Error(`not a path of a home: ${JSON.stringify(value)}`);
  return value;
}
