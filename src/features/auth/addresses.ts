/** Addresses to come back to, as browsers send them: only paths of this panel are followed. */

/** Gives a path on this panel, or null: never another site's address, whatever way it is written. */
export function ownAddress(path: string | undefined): string | null {
  // Browsers read a backslash as a slash, and drop tabs and line breaks (URL standard).
  if (!path || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path)) return null;
  const url = new URL(path, "https://panel.invalid");
  // Dots are resolved by now: `/.//evil.test` has become `//evil.test`, which would be another host.
  if (url.host !== "panel.invalid" || url.pathname.startsWith("//")) return null;
  return `${url.pathname}${url.search}`;
}
