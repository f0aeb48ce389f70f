/** Writers for nginx's syntax: each takes what fits its place and refuses the rest, so no value can become a line, a block or a variable. */
import { hostName, refuse } from "../../publish/words.js";

export { decimal, hostName } from "../../publish/words.js";

/** Writes a name that a site answers: a host name or `*.example.org`. */
export function siteName(value: string): string {
  return value.startsWith("*.") ? `*.${hostName(value.slice(2))}` : hostName(value);
}

/** Writes one word without any sign of nginx's: hashes. */
export function plainWord(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) refuse("plain word", value);
  return value;
}

/** Writes `http(s)://host:port` without a path; the host may be an address, IPv6 in brackets. */
export function origin(value: string): string {
  const match = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?$/.exec(value);
  if (!match || Number(match[2] ?? 80) > 65_535) refuse("target", value);
  if (!match?.[1]?.startsWith("[")) hostName(match?.[1] as string);
  return value;
}
