/** What a site does, checked as a whole: every fault of a form is told at once, at its field. */
import type { Context } from "../../core/context.js";
import type { FieldError } from "../../core/errors.js";
import type { Plan, Site } from "../../generated/sqlite/client.js";
import { parseFolder } from "./folders.js";
import type { Kind, SiteChange } from "./schemas.js";
import { errorPagesOf } from "./state.js";
import { parseOrigin, parseTarget } from "./targets.js";

/** The columns that settings decide. */
export type Settings = Pick<
  Site,
  | "kind"
  | "folder"
  | "phpVersion"
  | "memoryMb"
  | "timeSeconds"
  | "uploadMb"
  | "indexFiles"
  | "forceHttps"
  | "hstsSeconds"
  | "target"
  | "redirectStatus"
  | "keepPath"
  | "proxyTarget"
> & { errorPages: Record<string, string> };

/** What the settings are measured against. */
export interface Limits {
  plan: Pick<Plan, "phpMemoryMb" | "phpTimeSeconds" | "phpUploadMb">;
  phpVersions: string[];
  /** Exact names and wildcards of this site: a redirect may not lead back to them. */
  names: string[];
  proxyTargets: string[];
}

const MAX_INDEX_FILES = 10;
const INDEX_FILE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,60}$/;
const ERROR_PATH = /^(\/[A-Za-z0-9_][A-Za-z0-9._-]{0,80}){1,6}$/;
const ERROR_STATUSES = ["403", "404", "500"] as const;
const REDIRECTS = [301, 302, 307, 308];
const DEFAULT_REDIRECT = 302;

/** Where a new site starts. */
export const NEW_SITE: Settings = {
  kind: "folder",
  folder: null,
  phpVersion: null,
  memoryMb: null,
  timeSeconds: null,
  uploadMb: null,
  indexFiles: "index.php index.html index.htm",
  errorPages: {},
  forceHttps: false,
  hstsSeconds: null,
  target: null,
  redirectStatus: null,
  keepPath: true,
  proxyTarget: null,
};

/** Lays the change over what is there. Pure; faults come back beside the settings, which count only without faults. */
export function settle(old: Settings, change: SiteChange, limits: Limits): { settings: Settings; faults: FieldError[] } {
  const faults: FieldError[] = [];
  const fault = (field: string, code: string, data: FieldError["data"] = {}) => void faults.push({ field, code: `sites.${code}`, data });
  const kind: Kind = change.kind ?? old.kind;
  const settings: Settings = {
    kind,
    folder: settleFolder(old, change, kind, fault),
    phpVersion: settlePhp(old, change, limits, fault),
    memoryMb: ceiling("memoryMb", change.memoryMb, old.memoryMb, limits.plan.phpMemoryMb, fault),
    timeSeconds: ceiling("timeSeconds", change.timeSeconds, old.timeSeconds, limits.plan.phpTimeSeconds, fault),
    uploadMb: ceiling("uploadMb", change.uploadMb, old.uploadMb, limits.plan.phpUploadMb, fault),
    indexFiles: settleIndex(old, change, fault),
    errorPages: settleErrorPages(old, change, fault),
    forceHttps: change.forceHttps ?? old.forceHttps,
    hstsSeconds: change.hstsSeconds === undefined ? old.hstsSeconds : change.hstsSeconds || null,
    target: settleTarget(old, change, kind, limits, fault),
    redirectStatus: settleStatus(old, change, kind, fault),
    keepPath: change.keepPath ?? old.keepPath,
    proxyTarget: settleProxy(old, change, kind, limits, fault),
  };
  return { settings, faults };
}

type Fault = (field: string, code: string, data?: FieldError["data"]) => void;

function settleFolder(old: Settings, change: SiteChange, kind: Kind, fault: Fault): string | null {
  const typed = change.folder;
  if (typed === undefined || (typed === "" && kind !== "folder")) {
    if (kind === "folder" && old.folder === null) fault("folder", "folder_missing");
    return old.folder;
  }
  const folder = parseFolder(typed);
  if (folder === null) fault("folder", "folder_invalid");
  return folder ?? old.folder;
}

function settlePhp(old: Settings, change: SiteChange, { phpVersions }: Limits, fault: Fault): string | null {
  const version = change.phpVersion;
  if (version === undefined) return old.phpVersion;
  if (version === "") return null;
  // The version that a site has stays allowed, so that its other settings can be changed while its host is away.
  if (version !== old.phpVersion && !phpVersions.includes(version)) fault("phpVersion", "php_version_unknown", { versions: phpVersions.join(", ") });
  return version;
}

function ceiling(field: string, wanted: number | null | undefined, old: number | null, max: number, fault: Fault): number | null {
  if (wanted === undefined) return old;
  if (wanted !== null && wanted > max) fault(field, "above_plan", { max });
  return wanted;
}

function settleIndex(old: Settings, change: SiteChange, fault: Fault): string {
  if (change.indexFiles === undefined) return old.indexFiles;
  const files = change.indexFiles.split(/[ ,]+/).filter(Boolean);
  const sound = files.length > 0 && files.length <= MAX_INDEX_FILES && files.every((file) => INDEX_FILE.test(file));
  if (!sound) fault("indexFiles", "index_invalid", { max: MAX_INDEX_FILES });
  return sound ? [...new Set(files)].join(" ") : old.indexFiles;
}

function settleErrorPages(old: Settings, change: SiteChange, fault: Fault): Record<string, string> {
  const pages: Record<string, string> = { ...errorPagesOf(old.errorPages) };
  for (const status of ERROR_STATUSES) {
    const typed = change[`errorPage${status}`];
    if (typed === undefined) continue;
    delete pages[status];
    if (typed === "") continue;
    if (ERROR_PATH.test(typed)) pages[status] = typed;
    else fault(`errorPage${status}`, "error_page_invalid");
  }
  return pages;
}

function settleTarget(old: Settings, change: SiteChange, kind: Kind, { names }: Limits, fault: Fault): string | null {
  if (kind !== "redirect") return old.target;
  const typed = change.target ?? old.target;
  if (!typed) {
    fault("target", "target_missing");
    return null;
  }
  const target = parseTarget(typed);
  if ("fault" in target) {
    fault("target", target.fault);
    return old.target;
  }
  const own = names.some((name) => name === target.host || (name.startsWith("*.") && target.host.endsWith(name.slice(1))));
  if (own) fault("target", "target_own", { name: target.host });
  return target.url;
}

function settleStatus(old: Settings, change: SiteChange, kind: Kind, fault: Fault): number | null {
  const status = change.redirectStatus ?? old.redirectStatus ?? (kind === "redirect" ? DEFAULT_REDIRECT : null);
  if (status !== null && !REDIRECTS.includes(status)) fault("redirectStatus", "redirect_status_invalid");
  return status;
}

function settleProxy(old: Settings, change: SiteChange, kind: Kind, { proxyTargets }: Limits, fault: Fault): string | null {
  if (kind !== "proxy") return old.proxyTarget;
  const origin = parseOrigin(change.proxyTarget ?? old.proxyTarget ?? "");
  if (origin === null) fault("proxyTarget", "proxy_target_invalid");
  else if (!proxyTargets.includes(origin)) fault("proxyTarget", "proxy_target_refused");
  return origin;
}

/** Reads the origins that administrators allow. */
export async function proxyTargets(ctx: Context): Promise<string[]> {
  const rows = await ctx.db.proxyTarget.findMany({ orderBy: { origin: "asc" } });
  return rows.map(({ origin }) => origin);
}
