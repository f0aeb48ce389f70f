/** The screens of the main flow, for each reader. */
import type { Scene } from "./scene.js";

/** What a member of one association opens. */
export function memberPages({ sites, domains, record, publications, accounts }: Scene): string[] {
  const zone = `/domains/${domains["amisducanal.test"]}`;
  const site = (name: string) => `/sites/${sites[name]}`;
  return [
    "/",
    "/sites",
    "/sites?q=nothing-so-named",
    "/sites/bin",
    "/sites/new",
    ...Object.keys(sites)
      .filter((name) => name !== "choraleduport.test")
      .map(site),
    ...["folder", "redirect", "proxy", "maintenance"].map((kind) => `${site("amisducanal.test")}/kind?kind=${kind}`),
    `${site("amisducanal.test")}/delete`,
    ...["", "/access", "/php"].map((kind) => `${site("amisducanal.test")}/logs${kind}`),
    "/domains",
    "/domains/bin",
    "/domains/new",
    `/domains/${domains["amisducanal.test"]}`,
    `/domains/${domains["xn--pniche-caf-b7aj.test"]}`,
    `/domains/${domains["regates.test"]}`,
    `/domains/${domains["amisducanal.test"]}/delete`,
    "/ftp-logins",
    "/ftp-logins/bin",
    "/ftp-logins/new",
    "/ftp-logins/amis",
    "/ftp-logins/amis_webmestre",
    "/ftp-logins/amis_ancien",
    "/ftp-logins/amis/delete",
    "/zones",
    `${zone}/records`,
    `${zone}/records?q=mx`,
    `${zone}/records/new`,
    `${zone}/records/new?type=SRV`,
    `${zone}/records/new?type=TXT`,
    `${zone}/records/${record}`,
    `${zone}/records/${record}/delete`,
    `${zone}/records/derived?name=www&type=A`,
    `${zone}/records/derived?name=boutique&type=A`,
    `${zone}/records/text`,
    `${zone}/records/bin`,
    `${zone}/import`,
    `${zone}/zone`,
    `/domains/${domains["fete-du-canal.test"]}/records`,
    `/domains/${domains["fete-du-canal.test"]}/zone`,
    `/domains/${domains["xn--pniche-caf-b7aj.test"]}/zone`,
    "/connect",
    "/publications",
    "/publications/holds",
    "/publications/holds?q=nothing-so-named",
    ...["done", "partial", "running"].map((state) => `/publications/${publications[state]}`),
    "/history",
    "/profile",
    "/profile/password",
    "/profile/sessions",
    "/profile/tokens",
    `/accounts/${accounts["amis"]}`,
    "/nowhere",
  ];
}

/** Of a webmaster of two accounts, one of them suspended. */
export function webmasterPages({ sites, accounts }: Scene): string[] {
  return ["/", "/sites", "/sites/new", `/sites/${sites["choraleduport.test"]}`, "/connect", `/connect?account=${accounts["amis"]}`];
}

/** Of a member who has nothing yet. */
export function newcomerPages(): string[] {
  return ["/", "/sites", "/sites/bin", "/domains", "/domains/bin", "/ftp-logins", "/ftp-logins/new", "/connect", "/publications", "/publications/holds"];
}

/** Of an administrator. */
export function adminPages(
  { accounts, host, publications, release, trouble, sites, domains, admin, claire }: Scene,
  otherHost: string,
  plan: string,
): string[] {
  const account = (login: string) => `/accounts/${accounts[login]}`;
  return [
    "/",
    "/overview",
    "/accounts",
    "/accounts?q=nothing-so-named",
    "/accounts/suspended",
    "/accounts/bin",
    "/accounts/new",
    account("amis"),
    account("chorale"),
    account("radio"),
    `${account("amis")}/suspend`,
    `${account("amis")}/delete`,
    "/moves",
    `${account("amis")}/move`,
    "/plans",
    "/plans/new",
    `/plans/${plan}`,
    "/ftp-hosts",
    `/ftp-hosts/${host.id}`,
    "/notices",
    "/notices/new",
    "/hosts",
    "/watch",
    `/hosts/${host.id}`,
    `/hosts/${otherHost}`,
    `/hosts/${otherHost}/delete`,
    "/publications",
    ...Object.values(publications).map((id) => `/publications/${id}`),
    "/publications/plan",
    "/publications/releases",
    `/publications/releases/${release}`,
    `/publications/releases/${release}?role=web&key=base`,
    "/publications/holds",
    ...Object.values(trouble.holds).map((id) => `/publications/holds/${id}`),
    "/publications/renderer",
    "/audit",
    "/drift",
    `/drift?account=${accounts["amis"]}`,
    `/drift/repair?host=${host.id}`,
    ...Object.values(trouble.drifts).map((id) => `/drift/${id}`),
    "/jobs",
    "/jobs/publications.catch-up",
    "/users",
    "/users/new",
    `/users/${claire.id}`,
    `/users/${admin.id}`,
    "/settings",
    "/sites",
    `/sites/${sites["amisducanal.test"]}`,
    `/sites/${sites["amisducanal.test"]}/logs`,
    "/domains",
    "/domains/forbidden",
    "/domains/consents",
    "/proxy-targets",
    "/zones",
    `/domains/${domains["amisducanal.test"]}/zone`,
    "/dns/settings",
    "/dns/secondaries",
    "/dns/templates",
    "/dns/transfer-networks",
    "/profile",
    "/nowhere",
  ];
}
