/** Where a redirect or a proxy leads: parsed once by the WHATWG rules, kept as it came out. */
import { isIP } from "node:net";

const MAX_URL = 2000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const FORBIDDEN = /[\u0000-\u0020\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069"'<>\\^`{}|]/u;

// Labels without a hole: the URL parser lets `a..b` pass.
const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/;

export type TargetFault = "target_invalid" | "target_scheme" | "target_credentials" | "target_own";

/** Normalises the target of a redirect, or names the fault. A bare `example.org` becomes https. */
export function parseTarget(typed: string): { url: string; host: string } | { fault: TargetFault } {
  const text = typed.replace(/^ +| +$/g, "");
  if (!text || text.length > MAX_URL || FORBIDDEN.test(text)) return { fault: "target_invalid" };
  if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) && !/^https?:/i.test(text)) return { fault: "target_scheme" };
  const url = parseUrl(/^https?:/i.test(text) ? text : `https://${text}`);
  if (!url?.hostname || !isHost(url.hostname)) return { fault: "target_invalid" };
  if (url.username || url.password) return { fault: "target_credentials" };
  // `%` and `$` mean something to Apache; the daemon's writer escapes them, but a broken escape is no URL that anyone meant.
  if (/%(?![0-9a-f]{2})/i.test(url.href) || /%(0[0-9a-f]|1[0-9a-f]|7f)/i.test(url.href)) return { fault: "target_invalid" };
  if (url.href.length > MAX_URL || FORBIDDEN.test(url.href)) return { fault: "target_invalid" };
  return { url: url.href, host: url.hostname.replace(/\.$/, "") };
}

/** Normalises the origin of a proxy (`https://host:port`), null when it carries more than that or is not http(s). */
export function parseOrigin(typed: string): string | null {
  const text = typed.replace(/^ +| +$/g, "");
  if (text.length > MAX_URL || FORBIDDEN.test(text) || !/^https?:\/\//i.test(text)) return null;
  const url = parseUrl(text);
  if (!url?.hostname || url.username || url.password || url.search || url.hash) return null;
  if (url.pathname !== "/") return null;
  return isHost(url.hostname) ? url.origin : null;
}

function isHost(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0 || HOST.test(hostname);
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
