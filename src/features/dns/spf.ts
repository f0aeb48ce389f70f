/** What a text says of mail, as far as it can be judged without asking anybody (RFC 7208, RFC 7489). Pure. */

/** More questions than this make the whole record count as broken (RFC 7208 §4.6.4). */
export const MAX_SPF_LOOKUPS = 10;
/** Terms that make who checks ask a name server. */
const ASKING = /^[+?~-]?(include|a|mx|ptr|exists)([:/].*)?$/i;
const TERM = /^([+?~-]?(all|include:\S+|a([:/]\S+)?|mx([:/]\S+)?|ptr(:\S+)?|ip4:\S+|ip6:\S+|exists:\S+)|[a-z][a-z0-9_.-]*=\S*)$/i;

export interface SpfReport {
  /** Questions of the record itself; those of what it includes come on top. */
  lookups: number;
  /** The first term that means nothing. */
  unknown: string | null;
}

/** Tells whether a TXT record is an SPF record. */
export function isSpf(text: string): boolean {
  return /^v=spf1( |$)/i.test(text);
}

/** Tells whether a TXT record is a DMARC record. */
export function isDmarc(text: string): boolean {
  return /^v=DMARC1\s*(;|$)/i.test(text);
}

/** Counts what an SPF record makes others ask, and finds what it misspells. */
export function readSpf(text: string): SpfReport {
  const terms = text.split(/ +/).slice(1).filter(Boolean);
  const lookups = terms.filter((term) => ASKING.test(term) || /^redirect=/i.test(term)).length;
  return { lookups, unknown: terms.find((term) => !TERM.test(term)) ?? null };
}
