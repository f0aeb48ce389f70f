/** State that the sites feature hands to daemons: role `web` (one unit per account), `php` (one per account and version), `files` (one per account). Types only: daemons may import this file. */

/** A-label host name, lower case, no trailing dot. */
export type HostName = string;

/** Role `web`, unit key = account number, or `base`. */
export type WebState = AccountWebState | WebBaseState;

export interface AccountWebState {
  kind: "account";
  account: { number: number; login: string };
  /** Absolute home on the web machine, e.g. /srv/mutu/homes/2001. */
  home: string;
  /** Concurrent connections per host name at nginx (HOSTING.md 5). */
  connectionLimit: number;
  /** Sorted by id. */
  sites: WebSite[];
}

export interface WebSite {
  id: string;
  /** All names this site answers, sorted; a wildcard is `*.example.org`. */
  names: HostName[];
  /** When set, the other exact names answer 301 to this one, path kept. */
  canonical: HostName | null;
  forceHttps: boolean;
  /** Seconds of Strict-Transport-Security, sent over HTTPS only; null: header not sent. */
  hstsSeconds: number | null;
  serve: FolderSite | RedirectSite | ProxySite | NoticeSite;
}

export interface FolderSite {
  kind: "folder";
  /** Absolute document root inside the home. */
  root: string;
  /** null: PHP is off, .php files are refused. */
  php: SitePhp | null;
  /** DirectoryIndex, in order. */
  index: string[];
  /** HTTP status → path below the document root, starting with a slash. */
  errorPages: Record<number, string>;
}

export interface SitePhp {
  version: string;
  /** FPM master of that version, e.g. m03. */
  master: string;
  /** Socket file name, random per account, e.g. 6f0c….sock. */
  socket: string;
  /** Complete set of values sent on every request (PHP_VALUE), sorted by name. */
  values: Record<string, string>;
  /** open_basedir, upload_tmp_dir, session.save_path, sendmail envelope belong to the pool, not here. */
}

export interface RedirectSite {
  kind: "redirect";
  /** Absolute http(s) URL, already normalised. */
  target: string;
  status: 301 | 302 | 307 | 308;
  keepPath: boolean;
}

export interface ProxySite {
  kind: "proxy";
  /** http(s)://host:port allowed by the administrator, already normalised, no path. */
  target: string;
  /** Seconds. */
  timeoutSeconds: number;
}

export interface NoticeSite {
  kind: "notice";
  /** Fixed pages of the web machine, both languages on one page; always 503, Retry-After 3600. */
  notice: "suspended" | "maintenance";
}

/** Role `php`, unit key = `<account number>/<version>`. */
export interface PhpState {
  account: { number: number; login: string };
  version: string;
  master: string;
  socket: string;
  home: string;
  /** The plan's ceilings (php_admin_value). */
  memoryMb: number;
  timeSeconds: number;
  uploadMb: number;
  workers: number;
  /** Envelope sender of mail(): login@host. */
  envelope: string;
}

/** Role `files`, unit key = account number. */
export interface FilesState {
  account: { number: number; login: string };
  /** `removed`: the home is renamed into the bin. */
  home: "present" | "removed";
  path: string;
  diskMb: number;
  /** Folders below the home, whole segments, sorted; starter: language of the starter page put into a folder that this made. */
  folders: { path: string; starter: "fr" | "en" | null }[];
}

/** Role `web`, unit key `base`: what follows from the highest plan (HOSTING.md 7). */
export interface WebBaseState {
  kind: "base";
  uploadMb: number;
  timeSeconds: number;
}
