/** How a site is shown to people and told to programs. */
import type { Static } from "typebox";
import { isRefusal, messageKey } from "../../core/errors.js";
import type { Chip } from "../../publish/index.js";
import { displayName } from "../domains/index.js";
import { holdText } from "../publications/index.js";
import type { SiteOutput } from "./schemas.js";
import type { ShownSite } from "./sites.js";
import { errorPagesOf } from "./state.js";

const HTTPS_PORT = 443;

/** Who reads: a request, or whoever else has a language. */
interface Reader {
  t(key: string, data?: Record<string, unknown>): string;
}

/** What a chip looks like and says. */
export interface ChipView {
  id: string;
  state: string;
  /** Cause and next step, in the reader's words; null when all is well. */
  text: string | null;
}

/** Gives the chip of a site as its page draws it. What answers rightly of a suspended account is the notice. */
export function chipView(request: Reader, site: Pick<ShownSite, "id" | "account">, chip: Chip): ChipView {
  const text = chip.state === "verified" && site.account.state === "suspended" ? request.t("sites.notice_answers") : chipText(request, chip);
  return { id: `chip-${site.id}`, state: chip.state, text };
}

function chipText(request: Reader, chip: Chip): string | null {
  if (chip.state === "verified") return null;
  if (chip.state === "held") return holdText(request, chip);
  if (chip.state !== "failed") return request.t(`sites.chips.${chip.state}`);
  return `${faultText(request, chip.code, chip.data)} ${request.t(`sites.serving.${chip.serving}`)}`;
}

/** The sentence of a daemon's fault; a code whose daemon is gone has none any more. */
function faultText(request: Reader, code: string, data: Record<string, string>): string {
  try {
    return request.t(messageKey(code), data);
  } catch (error) {
    if (isRefusal(error)) throw error;
    return request.t("sites.failed", { code });
  }
}

/** Everything that lists and the site's page show. */
export function siteView(request: Reader, site: ShownSite, chip: Chip, httpsPort = HTTPS_PORT) {
  const port = httpsPort === HTTPS_PORT ? "" : `:${httpsPort}`;
  const addresses = site.addresses.map(({ id, name, domain }) => {
    const [display, wildcard] = [displayName(name), name.startsWith("*.")];
    const href = wildcard ? null : `https://${name}${port}/`;
    return { id, name, display, wildcard, encoded: display !== name, live: domain.state === "live", href, canonical: site.canonical === name };
  });
  const main = addresses.find((one) => one.canonical && one.href) ?? addresses.find((one) => one.href);
  return {
    ...site,
    addresses,
    others: addresses.length - 1,
    href: main?.href ?? null,
    shown: main ? `https://${main.display}${port}/` : null,
    parked: addresses.every(({ live }) => !live),
    kindLabel: request.t(`sites.kinds.${site.kind}`),
    what: whatItShows(site),
    pages: errorPagesOf(site.errorPages),
    chip: chipView(request, site, chip),
    bin: site.state === "bin",
  };
}

function whatItShows(site: ShownSite): string {
  if (site.kind === "folder") return site.folder ?? "";
  if (site.kind === "redirect") return site.target ?? "";
  return site.kind === "proxy" ? (site.proxyTarget ?? "") : "";
}

/** Gives the answer's fields of a site. */
export function siteBody(site: ShownSite, chip: Chip): Static<typeof SiteOutput> {
  const { id, account, kind, state, canonical, forceHttps, hstsSeconds, folder, phpVersion, memoryMb, timeSeconds, uploadMb } = site;
  const { indexFiles, target, redirectStatus, keepPath, proxyTarget, version } = site;
  return {
    id,
    account: { id: account.id, login: account.login },
    kind,
    state,
    binUntil: site.binUntil?.toISOString() ?? null,
    addresses: site.addresses.map(({ name }) => ({ name, display: displayName(name) })),
    canonical,
    forceHttps,
    hstsSeconds,
    folder,
    phpVersion,
    memoryMb,
    timeSeconds,
    uploadMb,
    indexFiles,
    errorPages: Object.fromEntries(Object.entries(errorPagesOf(site.errorPages)).map(([status, path]) => [String(status), path])),
    target,
    redirectStatus,
    keepPath,
    proxyTarget,
    chip: chip.state === "failed" ? { state: chip.state, code: chip.code } : { state: chip.state },
    version,
  };
}
