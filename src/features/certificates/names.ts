/** Names and what covers them. Pure. */

/** Tells whether a certificate of these names is good for one name (RFC 6125 §6.4.3: a wildcard stands for exactly one label). */
export function covers(certified: readonly string[], name: string): boolean {
  if (certified.includes(name)) return true;
  const dot = name.indexOf(".");
  return dot > 0 && !name.startsWith("*.") && certified.includes(`*${name.slice(dot)}`);
}

export function isWildcard(name: string): boolean {
  return name.startsWith("*.");
}

/** A name that a wildcard covers and nobody uses: what is asked from outside in its stead. */
export function askedName(name: string): string {
  return isWildcard(name) ? `mutu-probe.${name.slice(2)}` : name;
}
