/** Apache's virtual hosts of one site, as lines. Pure. */
import type { FolderSite, NoticeSite, RedirectSite, SitePhp, WebSite } from "../../features/sites/role.js";
import { decimal, hostName, plainWord, quotedPath, quotedText, rewriteUrl, settingName, urlPath, wildcardName } from "./words.js";

/** Where the pool answers pings (php-fpm renders the same path as its ping.path); mod_mutu maps the probe's path to it. */
const PING_PATH = "/.well-known/mutu-php";
const NOTICE_PAGES = { suspended: "suspended.html", maintenance: "maintenance.html", unavailable: "unavailable.html" };
export type NoticePage = keyof typeof NOTICE_PAGES;
const RETRY_AFTER_SECONDS = 3600;

// The request's own words, so that neither `%2F` nor `?` is decoded on the way; a visitor's line holds no blank and no control (Strict).
const REQUEST_PATH = String.raw`RewriteCond %{THE_REQUEST} "^\S+ (/\S*)"`;
const KEEP_PATH_FLAGS = "NE,QSD,UnsafeAllow3F,L";

/** What all virtual hosts of a unit share. */
export interface Owner {
  number: number;
  /** Hash of the unit; empty while that hash is being made. */
  probe: string;
}

/** One `<VirtualHost>`: the names it answers and its inner lines. `*` names stand in files of their own (render.ts). */
export interface VirtualHost {
  names: string[];
  lines: string[];
}

/** Renders a site into virtual hosts: one that serves, and one that leads the other exact names to the canonical one. */
export function siteHosts(site: WebSite, owner: Owner): VirtualHost[] {
  if (site.serve.kind === "notice") return [noticeHost(site.names, owner, site.serve.notice)];
  if (site.serve.kind === "redirect") return [{ names: site.names, lines: [...common(owner), ...strictTransport(site), ...redirect(site.serve)] }];
  const led = site.names.filter((name) => site.canonical !== null && name !== site.canonical && !name.startsWith("*."));
  const served = site.names.filter((name) => !led.includes(name));
  const hosts: VirtualHost[] = [{ names: served, lines: [...common(owner), ...strictTransport(site), ...serve(site)] }];
  if (led.length > 0) hosts.push({ names: led, lines: [...common(owner), ...strictTransport(site), ...toCanonical(site)] });
  return hosts;
}

/** Renders a fixed page with 503 for these names. */
export function noticeHost(names: string[], owner: Owner, page: NoticePage | NoticeSite["notice"]): VirtualHost {
  if (!Object.hasOwn(NOTICE_PAGES, page)) throw new Error(`apache: not a notice: ${JSON.stringify(page)}`);
  return {
    names,
    lines: [
      ...common(owner),
      `ErrorDocument 503 /.mutu/${NOTICE_PAGES[page]}`,
      `Header always set Retry-After ${RETRY_AFTER_SECONDS}`,
      "Header always set Cache-Control no-store",
      "RewriteEngine On",
      // The page itself is fetched by an inner redirect; asked for directly it answers 503 as all the rest.
      "RewriteCond %{ENV:REDIRECT_STATUS} !=503",
      "RewriteRule ^ - [R=503,L]",
    ],
  };
}

/** Writes a virtual host. `serverName` names it in the logs (%v). */
export function writeHost(serverName: string, names: string[], lines: string[]): string {
  const aliases = names.filter((name) => name !== serverName).map((name) => `ServerAlias ${anyName(name)}`);
  return ["<VirtualHost *:*>", ...[`ServerName ${serverName}`, ...aliases, ...lines].map((line) => `\t${line}`), "</VirtualHost>", ""].join("\n");
}

function anyName(name: string): string {
  return name.startsWith("*.") ? wildcardName(name) : hostName(name);
}

function common(owner: Owner): string[] {
  // A virtual host does not inherit this one. Without it %2F in a path is a 404, redirects included; it is kept as it came, undecoded.
  const account = [`MutuAccount ${decimal(owner.number)}`, "AllowEncodedSlashes NoDecode"];
  return owner.probe === "" ? account : [...account, `MutuProbe ${plainWord(owner.probe)}`];
}

function serve(site: WebSite): string[] {
  const https = site.forceHttps ? toHttps() : [];
  if (site.serve.kind === "folder") return [...folder(site.serve), ...https];
  if (site.serve.kind !== "proxy") throw new Error(`apache: not a kind of site: ${JSON.stringify(site.serve)}`);
  // nginx serves what is proxied; what arrives here all the same is its question for the probe, or port 80 to be led to 443.
  return [...(https.length > 0 ? https : ["RewriteEngine On"]), "RewriteRule ^ - [R=421,L]"];
}

function folder(site: FolderSite): string[] {
  const errors = Object.entries(site.errorPages).map(([status, path]) => [Number(status), path] as const);
  return [
    `DocumentRoot ${quotedPath(site.root)}`,
    ...(site.index.length > 0 ? [`DirectoryIndex ${site.index.map(plainWord).join(" ")}`] : []),
    ...errors.sort(([a], [b]) => a - b).map(([status, path]) => `ErrorDocument ${errorStatus(status)} ${urlPath(path)}`),
    ...(site.php ? php(site.php) : []),
  ];
}

function php(site: SitePhp): string[] {
  // The folder of a master's sockets is named after its release, so only the machine knows it: php.conf defines it there.
  const folder = `MUTU_PHP_${plainWord(site.version)}_${plainWord(site.master)}`.toUpperCase().replace(/[.-]/g, "_");
  const values = Object.entries(site.values).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `MutuBackend "proxy:unix:\${${folder}}/${plainWord(site.socket)}|fcgi://localhost"`,
    `MutuPhpProbe ${PING_PATH}`,
    ...values.map(([name, value]) => `MutuPhpValue ${settingName(name)} ${quotedText(value)}`),
  ];
}

function errorStatus(status: number): string {
  if (!Number.isInteger(status) || status < 400 || status > 599) throw new Error(`apache: not an error status: ${status}`);
  return String(status);
}

function strictTransport(site: WebSite): string[] {
  if (site.hstsSeconds === null) return [];
  const overTls = `"expr=%{HTTPS} == 'on'"`;
  // What the site's own program sends lies in the other table of headers and would come twice.
  return [
    `Header onsuccess unset Strict-Transport-Security ${overTls}`,
    `Header always set Strict-Transport-Security "max-age=${decimal(site.hstsSeconds)}" ${overTls}`,
  ];
}

function toHttps(): string[] {
  return [
    "RewriteEngine On",
    "RewriteCond %{HTTPS} !=on",
    REQUEST_PATH,
    `RewriteRule ^ "https://%{SERVER_NAME}\${MUTU_TLS_SUFFIX}%1" [R=301,${KEEP_PATH_FLAGS}]`,
  ];
}

function toCanonical(site: WebSite): string[] {
  const name = hostName(site.canonical as string);
  const plain = ["RewriteCond %{HTTPS} !=on", REQUEST_PATH, `RewriteRule ^ "http://${name}\${MUTU_HTTP_SUFFIX}%1" [R=301,${KEEP_PATH_FLAGS}]`];
  return [
    "RewriteEngine On",
    ...(site.forceHttps ? [] : plain),
    REQUEST_PATH,
    `RewriteRule ^ "https://${name}\${MUTU_TLS_SUFFIX}%1" [R=301,${KEEP_PATH_FLAGS}]`,
  ];
}

function redirect(site: RedirectSite): string[] {
  if (![301, 302, 307, 308].includes(site.status)) throw new Error(`apache: not a redirect status: ${site.status}`);
  if (!site.keepPath) return ["RewriteEngine On", `RewriteRule ^ ${rewriteUrl(site.target)} [R=${site.status},NE,QSD,L]`];
  // The visitor's path and query come after the target's path; a query or fragment of the target would stand in their way.
  const base = rewriteUrl(site.target.replace(/[?#].*$/, "").replace(/\/+$/, ""));
  return ["RewriteEngine On", REQUEST_PATH, `RewriteRule ^ ${base}%1 [R=${site.status},${KEEP_PATH_FLAGS}]`];
}
