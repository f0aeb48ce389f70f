/** nginx's files of one unit: what the fixed block must know of an account's names, and the sites that are proxies. Pure. */
import type { AccountWebState, WebBaseState } from "../../features/sites/role.js";
import type { DaemonOptions, RenderedFile } from "../../publish/contract.js";
import { renderBelowProxies, renderProxy } from "./proxy.js";
import { decimal, hostName, siteName } from "./words.js";

// nginx.conf's guard takes no longer SNI (the file's name ends in .pem): longer names are served with the fallback certificate.
const MAX_CERTIFICATE_NAME = 250;
/** Connections per host name that nginx.conf counts without being told, and the other steps it knows (limit_conn takes no variable). */
const DEFAULT_LIMIT = 20;
const LIMITS = [5, 10, 20, 40, 80, 160, 320, 640];
// nginx read > Apache ProxyTimeout > request_terminate_timeout > max_execution_time (HOSTING.md 7): each ten seconds above the next.
const READ_AFTER_SECONDS = 30;
/** Above PHP's post_max_size, so that PHP can say kindly which file was too big; below Apache's. */
const BODY_EXTRA_MB = 16;

/** Renders an account: names that need a certificate file, wildcards, limits other than the default, proxies. A folder is absent when it would say nothing. */
export function renderAccount(state: AccountWebState, probe: string): RenderedFile[] {
  const number = decimal(state.account.number);
  const names = [...new Set(state.sites.flatMap((site) => site.names.map(siteName)))].sort();
  const proxies = state.sites.filter((site) => site.serve.kind === "proxy");
  return [
    file("limits", `${number}.map`, number, limitLines(names, state.connectionLimit)),
    file("names", `${number}.list`, number, certificateNames(names)),
    file("proxies", `${number}.conf`, number, [...proxies.flatMap((site) => ["", ...renderProxy(site, probe)]), ...renderBelowProxies(state.sites)]),
    file("wildcards", `${number}.map`, number, wildcardLines(names)),
  ].flat();
}

/** Mozilla's "intermediate", version 5.7: what the fixed block offers, and DHE with RSA keys for programs that know no elliptic curves. */
const INTERMEDIATE = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "DHE-RSA-AES128-GCM-SHA256",
  "DHE-RSA-AES256-GCM-SHA384",
  "DHE-RSA-CHACHA20-POLY1305",
].join(":");

/** Renders what follows from the highest plan, and the TLS profile when it is another than the fixed block's own. */
export function renderBase(state: WebBaseState, options: DaemonOptions): RenderedFile[] {
  const seconds = decimal(state.timeSeconds + READ_AFTER_SECONDS);
  const lines = [
    "# Written by Mutu from the highest plan. Do not edit: the next publication replaces this file.",
    `client_max_body_size ${decimal(state.uploadMb + BODY_EXTRA_MB)}m;`,
    `proxy_read_timeout ${seconds}s;`,
    `proxy_send_timeout ${seconds}s;`,
  ];
  const head = "# Written by Mutu from the settings of this host. Do not edit: the next publication replaces this file.";
  const profile = options["tlsProfile"] === "intermediate" ? [{ path: "tls/profile.conf", content: `${head}\nssl_ciphers ${INTERMEDIATE};\n` }] : [];
  return [{ path: "base/sizes.conf", content: `${lines.join("\n")}\n` }, ...profile];
}

/** Renders the notice's part: handshakes go on for its names; what the names show is Apache's. A name that is none is left out. */
export function renderUnavailable(account: number, claims: string[]): RenderedFile[] {
  const names = [...new Set(claims)].filter((name) => {
    try {
      return hostName(name) === name;
    } catch {
      return false;
    }
  });
  const number = decimal(account);
  return file("names", `${number}.list`, number, certificateNames(names.sort()));
}

/** The smallest step that is not below what the plan gives. */
export function limitStep(limit: number): number {
  return LIMITS.find((step) => step >= limit) ?? (LIMITS.at(-1) as number);
}

function file(folder: string, name: string, number: string, lines: string[]): RenderedFile[] {
  if (lines.length === 0) return [];
  const head = `# Written by Mutu for account ${number}. Do not edit: the next publication replaces this file.`;
  return [{ path: `${folder}/${name}`, content: `${[head, ...lines].join("\n")}\n` }];
}

function certificateNames(names: string[]): string[] {
  return names
    .map(certificateName)
    .filter((name) => name.length <= MAX_CERTIFICATE_NAME)
    .sort();
}

/** File name, without `.pem`, of the certificate for a name; a host name holds no underscore, so nothing meets it. */
function certificateName(name: string): string {
  return name.startsWith("*.") ? `_wildcard.${name.slice(2)}` : name;
}

/** Below a wildcard, whole names say that they have a file of their own; others take the wildcard's. */
function wildcardLines(names: string[]): string[] {
  const wildcards = names.filter((name) => name.startsWith("*."));
  const below = names.filter((name) => !name.startsWith("*.") && wildcards.some((wildcard) => name.endsWith(wildcard.slice(1))));
  return [...wildcards, ...below].filter((name) => certificateName(name).length <= MAX_CERTIFICATE_NAME).map((name) => `${name} ${certificateName(name)};`);
}

function limitLines(names: string[], limit: number): string[] {
  const step = limitStep(limit);
  return step === DEFAULT_LIMIT ? [] : names.map((name) => `${name} ${decimal(step)};`);
}
