/** Writers that fit every format which daemons write: digits and host names mean nothing else anywhere. A value that does not fit is refused, never mended. */

const MAX_NAME = 253; // RFC 1035 §2.3.4, as text without the last dot
/** First number of an account: below it live the system's own users. */
const FIRST_ACCOUNT = 2000;

/** Writes an A-label host name. */
export function hostName(value: string): string {
  const labels = value.split(".");
  if (value.length > MAX_NAME || !labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) refuse("host name", value);
  return value;
}

/** Writes a whole number, zero or more. */
export function decimal(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) refuse("whole number", value);
  return String(value);
}

/** Writes an account's number, which becomes a user and a group of the machine. */
export function accountNumber(value: number): string {
  if (value < FIRST_ACCOUNT) refuse("number of an account", value);
  return decimal(value);
}

/** Says what a value is not; whose unit it was stands with the fault. */
export function refuse(what: string, value: unknown): never {
  throw new Error(`not a ${what}: ${JSON.stringify(value)}`);
}
