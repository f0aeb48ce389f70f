/** Why a line of a zone file, or a record of an answer, is not taken as it stands. */

export type FaultData = Record<string, string | number>;

const MAX_SHOWN = 80;

/** Ends the reading of one entry; its sentence is `dns.import.why.<code>`. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: string;
  readonly data: FaultData;

  constructor(code: string, data: FaultData = {}) {
    super(code);
    this.code = code;
    this.data = shownData(data);
  }
}

/** Gives a stranger's text as it may stand in a sentence: short, and without what cannot be seen. */
export function shown(text: string): string {
  const clean = text.slice(0, MAX_SHOWN + 1).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
  return clean.length > MAX_SHOWN ? `${clean.slice(0, MAX_SHOWN)}…` : clean;
}

/** Gives what a sentence is filled with as it may be shown. */
export function shownData(data: FaultData): FaultData {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, typeof value === "string" ? shown(value) : value]));
}
