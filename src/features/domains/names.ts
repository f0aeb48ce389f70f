/** Names at the border: what a person types becomes an A-label once, and is trusted inside. */
import { getDomain, getPublicSuffix, parse } from "tldts";
import * as tr46 from "tr46";

declare const brand: unique symbol;
/** A host name: A-labels, lower case, no trailing dot, at least two labels. */
export type DomainName = string & { readonly [brand]: "DomainName" };
/** A DomainName, or `*.` before one. */
export type AddressName = string & { readonly [brand]: "AddressName" };

const MAX_TYPED = 255;
// What cannot be seen, or changes the direction of what can: refused before any decoding, never stripped.
// Joiners are left to IDNA's own rule (checkJoiners): some scripts need them.
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/u;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/; // RFC 1035 §2.3.4, RFC 1123 §2.1
/** Nothing in it is encoded: it reads as it stands. */
const PLAIN = /^(?!.*xn--)[a-z0-9.*_-]*$/;
const SUFFIX_OPTIONS = { allowPrivateDomains: true } as const;

const STRICT = { checkBidi: true, checkHyphens: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true } as const;

/** Decodes a typed name to its A-label; null when it is none. A pasted `https://name/` is understood. */
export function parseName(typed: string): DomainName | null {
  if (typed.length > MAX_TYPED || INVISIBLE.test(typed)) return null;
  const bare = typed
    .trim()
    .replace(/^https?:\/\//i, "")
    .replace(/\/$/, "")
    .replace(/\.$/, "");
  const name = tr46.toASCII(bare, STRICT);
  if (!name) return null;
  const labels = name.split(".");
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return null;
  if (/^\d+$/.test(labels.at(-1) ?? "")) return null; // an IPv4 address, or what a URL parser would make one of
  return name as DomainName;
}

/** Decodes a typed site address: a name, or `*.` before one; null when it is neither. */
export function parseAddress(typed: string): AddressName | null {
  const trimmed = typed.trim();
  if (!trimmed.startsWith("*.")) return parseName(typed) as AddressName | null;
  if (INVISIBLE.test(typed)) return null;
  const rest = parseName(trimmed.slice(2));
  return rest && (`*.${rest}` as AddressName);
}

/** Gives the name as people read it (U-labels); a name that does not decode stays as it is. */
export function displayName(name: string): string {
  if (PLAIN.test(name)) return name;
  const wildcard = name.startsWith("*.") ? "*." : "";
  const { domain, error } = tr46.toUnicode(name.slice(wildcard.length), { useSTD3ASCIIRules: true });
  return error ? name : wildcard + domain;
}

const ENCODED_NAME = /(?:\*\.)?(?:[a-z0-9-]+\.)*xn--[a-z0-9-]+(?:\.[a-z0-9-]+)*(_[a-z0-9._@-]*[a-z0-9])?/g;

/** Writes each encoded name within a text as people read it, or as `write` says. */
export function readableText(text: string, write: (shown: string, name: string) => string = (shown) => shown): string {
  return text.replace(ENCODED_NAME, (name: string, rest = "") => {
    // `<domain>_marie` is a login of FTP: the domain alone decodes.
    const shown = displayName(name.slice(0, name.length - rest.length)) + rest;
    return shown === name ? name : write(shown, name);
  });
}

/** Both forms of a name, for the search box. */
export function searchText(...names: string[]): string {
  return [...new Set(names.flatMap((name) => [name, displayName(name)]))].join(" ");
}

/** Tells whether `name` is `parent` or lies below it. */
export function isWithin(name: string, parent: string): boolean {
  return name === parent || name.endsWith(`.${parent}`);
}

/** The names above one name, nearest first, without the name itself: a.b.org → b.org, org. */
export function parentsOf(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, i) => labels.slice(i + 1).join("."));
}

export type SuffixFault = "suffix_itself" | "suffix_unknown";

/** Says why a name cannot be hosted by its ending; private suffixes (github.io) count. `localhost` and `test` only where local names are allowed. */
export function suffixFault(name: DomainName, allowLocal: boolean): SuffixFault | null {
  const top = name.split(".").at(-1);
  if (top === "localhost" || top === "test") return allowLocal ? null : "suffix_unknown";
  const { isIcann, isPrivate } = parse(name, SUFFIX_OPTIONS);
  if (!isIcann && !isPrivate) return "suffix_unknown";
  return getPublicSuffix(name, SUFFIX_OPTIONS) === name || !getDomain(name, SUFFIX_OPTIONS) ? "suffix_itself" : null;
}

/** The name that somebody registered: www.example.org → example.org. For a local name its last two labels. */
export function registeredName(name: DomainName): DomainName {
  const top = name.split(".").at(-1);
  if (top === "localhost" || top === "test") return name.split(".").slice(-2).join(".") as DomainName;
  return (getDomain(name, SUFFIX_OPTIONS) ?? name) as DomainName;
}

/** Tells whether a wildcard (`*.example.org`) would answer for this exact name. */
export function wildcardCovers(wildcard: string, name: string): boolean {
  return wildcard.startsWith("*.") && name.endsWith(wildcard.slice(1)) && name.length > wildcard.length - 1;
}
