/** A browser's name as its owner would say it, from its User-Agent. A hint for people, never a proof. */

const BROWSERS: [RegExp, string][] = [
  [/\bEdg\//, "Edge"],
  [/\bFirefox\//, "Firefox"],
  [/\b(Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** Gives "Firefox on Linux" in the reader's language. */
export function browserName(userAgent: string, t: (key: string, data?: Record<string, unknown>) => string): string {
  const find = (names: [RegExp, string][]) => names.find(([sign]) => sign.test(userAgent))?.[1];
  const browser = find(BROWSERS) ?? t("auth.sessions.unknown_browser");
  const system = find(SYSTEMS);
  return system ? t("auth.sessions.browser_on", { browser, system }) : browser;
}
