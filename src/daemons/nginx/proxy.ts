/** A site that nginx hands to a target itself: no Apache, no `.htaccess`, WebSocket allowed. Pure. */
import type { ProxySite, WebSite } from "../../features/sites/role.js";
import { decimal, hostName, origin, plainWord, siteName } from "./words.js";

/** The path that verification asks of every site; mod_mutu answers it for the others. */
const PROBE_PATH = "/.well-known/mutu-probe";

/** Writes the server blocks of a proxy: one that serves, one that sends the other whole names to the canonical one. */
export function renderProxy(site: WebSite, probe: string): string[] {
  const proxy = site.serve as ProxySite;
  const names = site.names.map(siteName);
  const aside = site.canonical === null ? [] : names.filter((name) => name !== site.canonical && !name.startsWith("*."));
  const served = names.filter((name) => !aside.includes(name));
  const common = [`set $mutu_probe_answer ${plainWord(probe === "" ? "none" : probe)};`, ...hsts(site.hstsSeconds), ...probeLocation];
  const blocks = block(served, [...common, ...serving(site, proxy)]);
  if (aside.length === 0) return blocks;
  // The canonical name's own scheme: one redirection, not two.
  const to = site.forceHttps ? "https://" : "$scheme://";
  const suffix = site.forceHttps ? "$mutu_tls_suffix" : "$mutu_suffix";
  return [...blocks, ...block(aside, [...common, "location / {", `    return 301 ${to}${hostName(site.canonical as string)}${suffix}$request_uri;`, "}"])];
}

/** Names of other kinds below a proxied wildcard: without a block of their own nginx would take them for the proxy's. */
export function renderBelowProxies(sites: WebSite[]): string[] {
  const wildcards = sites.filter((site) => site.serve.kind === "proxy").flatMap((site) => site.names.filter((name) => name.startsWith("*.")));
  const others = sites.filter((site) => site.serve.kind !== "proxy").flatMap((site) => site.names.map(siteName));
  const below = [...new Set(others)].filter((name) => wildcards.some((wildcard) => name.endsWith(wildcard.slice(1)) && name !== wildcard)).sort();
  return below.length === 0 ? [] : ["", ...block(below, ["include apache.conf;"])];
}

const probeLocation = [
  `location = ${PROBE_PATH} {`,
  "    if ($mutu_control = 0) { return 404; }",
  "    default_type text/plain;",
  "    return 200 $mutu_probe_answer;",
  "}",
];

function hsts(seconds: number | null): string[] {
  if (seconds === null) return [];
  // RFC 6797 §7.2: never over plain HTTP. A header with an empty value is not sent.
  return [
    'set $mutu_hsts "";',
    `if ($https = on) { set $mutu_hsts "max-age=${decimal(seconds)}"; }`,
    "add_header Strict-Transport-Security $mutu_hsts always;",
  ];
}

function serving(site: WebSite, proxy: ProxySite): string[] {
  const target = origin(proxy.target);
  const seconds = `${decimal(proxy.timeoutSeconds)}s`;
  return [
    // In a variable: a name that cannot be found now is a 502 of this site, not a configuration that does not start.
    `set $mutu_target ${target};`,
    "location / {",
    ...(site.forceHttps ? ["    if ($https != on) { return 301 https://$host$mutu_tls_suffix$request_uri; }"] : []),
    "    include headers.conf;",
    "    proxy_set_header Upgrade $mutu_upgrade;",
    "    proxy_set_header Connection $mutu_connection;",
    ...(target.startsWith("https:") ? ["    proxy_ssl_server_name on;"] : []),
    `    proxy_read_timeout ${seconds};`,
    `    proxy_send_timeout ${seconds};`,
    `    proxy_redirect ${target}/ /;`,
    "    proxy_pass $mutu_target;",
    "}",
  ];
}

function block(names: string[], lines: string[]): string[] {
  return ["server {", "    include site.conf;", `    server_name ${names.join(" ")};`, ...lines.map((line) => `    ${line}`), "}"];
}
