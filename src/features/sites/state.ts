/** Rows of sites become the typed state that daemons render. Pure, so that every combination can be tested without a database. */
import type { FolderSite, HostName, NoticeSite, ProxySite, RedirectSite, SitePhp, WebSite } from "./role.js";

/** The columns of a site that its state follows from. */
export interface SiteRow {
  id: string;
  kind: "folder" | "redirect" | "proxy" | "maintenance";
  canonical: string | null;
  forceHttps: boolean;
  hstsSeconds: number | null;
  folder: string | null;
  phpVersion: string | null;
  memoryMb: number | null;
  timeSeconds: number | null;
  uploadMb: number | null;
  indexFiles: string;
  errorPages: unknown;
  target: string | null;
  redirectStatus: number | null;
  keepPath: boolean;
  proxyTarget: string | null;
  names: HostName[];
}

/** What a site's own values may not exceed. */
export interface Ceilings {
  phpMemoryMb: number;
  phpTimeSeconds: number;
  phpUploadMb: number;
}

export interface Pool {
  version: string;
  master: string;
  socket: string;
}

const PROXY_TIMEOUT_SECONDS = 60;
const POST_OVERHEAD_MB = 1; // a form around the largest file

/** Builds the state of one site. `suspended` turns it into the notice whatever its kind is; null: it has no name that answers. */
export function webSite(site: SiteRow, home: string, ceilings: Ceilings, pools: Pool[], suspended: boolean): WebSite | null {
  const names = [...site.names].sort();
  if (names.length === 0) return null;
  const canonical = site.canonical !== null && names.includes(site.canonical) ? site.canonical : null;
  const serve = suspended ? notice("suspended") : served(site, home, ceilings, pools);
  if (serve.kind === "notice") return { id: site.id, names, canonical: null, forceHttps: false, hstsSeconds: null, serve };
  return { id: site.id, names, canonical, forceHttps: site.forceHttps, hstsSeconds: site.forceHttps ? site.hstsSeconds : null, serve };
}

function served(site: SiteRow, home: string, ceilings: Ceilings, pools: Pool[]): FolderSite | RedirectSite | ProxySite | NoticeSite {
  if (site.kind === "redirect" && site.target && isRedirectStatus(site.redirectStatus)) {
    return { kind: "redirect", target: site.target, status: site.redirectStatus, keepPath: site.keepPath };
  }
  if (site.kind === "proxy" && site.proxyTarget) return { kind: "proxy", target: site.proxyTarget, timeoutSeconds: PROXY_TIMEOUT_SECONDS };
  if (site.kind === "folder" && site.folder) {
    return {
      kind: "folder",
      root: `${home}/${site.folder}`,
      php: sitePhp(site, ceilings, pools),
      index: site.indexFiles.split(" ").filter(Boolean),
      errorPages: errorPagesOf(site.errorPages),
    };
  }
  return notice("maintenance");
}

function notice(which: NoticeSite["notice"]): NoticeSite {
  return { kind: "notice", notice: which };
}

function sitePhp(site: SiteRow, ceilings: Ceilings, pools: Pool[]): SitePhp | null {
  const pool = pools.find(({ version }) => version === site.phpVersion);
  return pool ? { version: pool.version, master: pool.master, socket: pool.socket, values: phpValues(site, ceilings) } : null;
}

/** The complete set: values set on one request leak into the worker's next, so each request carries all of them (DESIGN "PHP pools"). */
function phpValues(site: Pick<SiteRow, "memoryMb" | "timeSeconds" | "uploadMb">, ceilings: Ceilings): Record<string, string> {
  const upload = Math.min(site.uploadMb ?? ceilings.phpUploadMb, ceilings.phpUploadMb);
  return {
    max_execution_time: String(Math.min(site.timeSeconds ?? ceilings.phpTimeSeconds, ceilings.phpTimeSeconds)),
    memory_limit: `${Math.min(site.memoryMb ?? ceilings.phpMemoryMb, ceilings.phpMemoryMb)}M`,
    post_max_size: `${upload + POST_OVERHEAD_MB}M`,
    upload_max_filesize: `${upload}M`,
  };
}

/** Reads the stored pages; what is not a status and a path is left out. */
export function errorPagesOf(stored: unknown): Record<number, string> {
  if (typeof stored !== "object" || stored === null) return {};
  const pages = Object.entries(stored).filter(([status, path]) => /^[45]\d\d$/.test(status) && typeof path === "string" && path.startsWith("/"));
  return Object.fromEntries(pages.sort(([a], [b]) => a.localeCompare(b)).map(([status, path]) => [Number(status), path as string]));
}

function isRedirectStatus(status: number | null): status is 301 | 302 | 307 | 308 {
  return status === 301 || status === 302 || status === 307 || status === 308;
}

/** What the plan says of one site, in the words of sites' messages. */
export function siteSentence(site: WebSite, folder: string | null): { key: string; data: Record<string, string | number> } {
  const name = site.canonical ?? site.names.find((one) => !one.startsWith("*.")) ?? site.names[0] ?? "";
  const { serve } = site;
  if (serve.kind === "folder") {
    return serve.php
      ? {
          key: "sites.plan.folder_php",
          data: { name, folder: folder ?? "", version: serve.php.version, memory: Number.parseInt(serve.php.values.memory_limit ?? "0", 10) },
        }
      : { key: "sites.plan.folder", data: { name, folder: folder ?? "" } };
  }
  if (serve.kind === "redirect") return { key: "sites.plan.redirect", data: { name, target: serve.target, status: serve.status } };
  if (serve.kind === "proxy") return { key: "sites.plan.proxy", data: { name, target: serve.target } };
  return { key: `sites.plan.${serve.notice}`, data: { name } };
}
