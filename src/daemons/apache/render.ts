/** Apache's files of one unit: the account's sites, or the base's limits. Pure. */
import type { AccountWebState, WebBaseState } from "../../features/sites/role.js";
import type { RenderedFile } from "../../publish/contract.js";
import { noticeHost, type Owner, siteHosts, type VirtualHost, writeHost } from "./vhost.js";
import { decimal, hostName, wildcardName } from "./words.js";

/** apache.conf includes `wildcards-9` … `wildcards-1`, in this order. */
const MAX_WILDCARD_LABELS = 9;
// nginx read > Apache ProxyTimeout > request_terminate_timeout > max_execution_time (HOSTING.md 7): each ten seconds above the next.
const PROXY_AFTER_SECONDS = 20;
/** How long an instance that was exchanged waits at least for what is under way: a large file to a slow visitor takes longer than any page. */
const LEAST_PATIENCE_SECONDS = 300;
/** Above what nginx lets through, which is above PHP's post_max_size: the first to refuse should be the one whose page is kindest. */
const BODY_EXTRA_MB = 32;
const BYTES_PER_MB = 1024 * 1024;
const DO_NOT_EDIT = "Do not edit: the next publication replaces this file.";

/** Renders an account: whole names in one file, each wildcard in the file of its depth. */
export function renderAccount(state: AccountWebState, probe: string): RenderedFile[] {
  const owner: Owner = { number: state.account.number, probe };
  return files(
    owner.number,
    state.sites.flatMap((site) => siteHosts(site, owner)),
  );
}

/** Renders what follows from the highest plan. */
export function renderBase(state: WebBaseState): RenderedFile[] {
  const lines = [
    `# Written by Mutu from the highest plan. ${DO_NOT_EDIT}`,
    `ProxyTimeout ${decimal(state.timeSeconds + PROXY_AFTER_SECONDS)}`,
    `GracefulShutdownTimeout ${decimal(Math.max(LEAST_PATIENCE_SECONDS, state.timeSeconds + PROXY_AFTER_SECONDS))}`,
    `LimitRequestBody ${decimal((state.uploadMb + BODY_EXTRA_MB) * BYTES_PER_MB)}`,
  ];
  return [{ path: "base/limits.conf", content: `${lines.join("\n")}\n` }];
}

/** Renders "this site cannot be shown" for the names of a unit; a name that Apache would refuse is left out, for this must not fail. */
export function renderUnavailable(account: number, claims: string[]): RenderedFile[] {
  const names = [...new Set(claims)].filter(isName).sort();
  if (names.length === 0) return [];
  return files(account, [noticeHost(names, { number: account, probe: "" }, "unavailable")]);
}

function files(account: number, hosts: VirtualHost[]): RenderedFile[] {
  const texts = new Map<string, string[]>();
  const add = (path: string, text: string) => texts.set(path, [...(texts.get(path) ?? []), text]);
  for (const { names, lines } of hosts) {
    const exact = names.filter((name) => !name.startsWith("*."));
    if (exact.length > 0) add("accounts", writeHost(hostName(exact[0] as string), exact, lines));
    for (const name of names.filter((other) => other.startsWith("*."))) {
      // In the logs a name that nobody can claim, because no host name holds an underscore.
      add(`wildcards-${wildcardLabels(name)}`, writeHost(`_wildcard.${name.slice(2)}`, [wildcardName(name)], lines));
    }
  }
  const number = decimal(account);
  return [...texts.keys()].sort().map((folder) => ({
    path: `${folder}/${number}.conf`,
    content: [`# Written by Mutu for account ${number}. ${DO_NOT_EDIT}\n`, ...(texts.get(folder) as string[])].join("\n"),
  }));
}

function wildcardLabels(name: string): number {
  const labels = wildcardName(name).split(".").length - 1;
  if (labels > MAX_WILDCARD_LABELS) throw new Error(`apache: wildcard below more than ${MAX_WILDCARD_LABELS} labels: ${name}`);
  return labels;
}

function isName(name: string): boolean {
  try {
    return name.startsWith("*.") ? wildcardLabels(name) > 0 : hostName(name) === name;
  } catch {
    return false;
  }
}
