/** The roles that sites fill: `web` and `files` (one unit an account), `php` (one an account and version in use). */
import type { Db } from "../../core/db.js";
import type { Desired, HostFacts, HostingFeature, Probe, Role } from "../../publish/contract.js";
import { type AccountFacts, highestPlan, hostAccounts, readAccounts, servedBy, standsOn, webHostsOf } from "../accounts/index.js";
import type { FilesState, PhpState, WebSite, WebState } from "./role.js";
import { type Pool, type SiteRow, siteSentence, webSite } from "./state.js";

const BASE = "base";
/** Label that a wildcard is asked with; nobody can know it as a site of its own. */
const PROBE_LABEL = "mutu-probe";
const MAX_PROBES = 200;

export const webRole: Role<WebState> = {
  name: "web",
  after: ["files", "php"],
  guarded: {},
  async keys(db, host, after, limit) {
    const numbers = await hostAccounts(db, "web", host.id, after === BASE ? "" : after, limit);
    return after === "" ? [BASE, ...numbers].slice(0, limit) : numbers;
  },
  async collect(db, host, keys) {
    const base = keys.includes(BASE) ? [await baseUnit(db)] : [];
    const rows = await readOwners(db, keys);
    return [...base, ...keys.filter((key) => key !== BASE).map((key) => webUnit(key, host, rows))];
  },
  async outline(db, host, key) {
    if (key === BASE) return { withdrawn: false, claims: [] };
    const names = await db.siteAddress.findMany({
      where: { site: { account: { number: Number(key) }, state: "live" }, domain: { state: "live" } },
      select: { name: true },
      orderBy: { name: "asc" },
    });
    const relays = await db.site.findMany({
      where: { account: { number: Number(key) }, state: "live", kind: "proxy", addresses: { some: { domain: { state: "live" } } } },
      select: { proxyTarget: true },
    });
    const claims = [...names.map(({ name }) => name), ...originClaims(relays.map(({ proxyTarget }) => proxyTarget))];
    return { withdrawn: !(await standsOn(db, "web", host.id, Number(key))), claims };
  },
};

/** Where relays lead: an origin may be another's by now, so no older release that leads there comes back. */
function originClaims(origins: readonly (string | null)[]): string[] {
  return [...new Set(origins)].flatMap((origin) => (origin === null ? [] : [`proxy ${origin}`])).sort();
}

export const phpRole: Role<PhpState> = {
  name: "php",
  after: ["files"],
  async keys(db, host, after, limit) {
    const accounts = { ...servedBy(host.id), state: "active" as const };
    const [number, version] = after.split("/");
    const pools = await db.phpPool.findMany({
      where: {
        account: accounts,
        ...(number && version
          ? { OR: [{ account: { number: { gt: Number(number) } } }, { account: { number: Number(number) }, version: { gt: version } }] }
          : {}),
      },
      orderBy: [{ account: { number: "asc" } }, { version: "asc" }],
      take: limit,
      select: { version: true, account: { select: { number: true } } },
    });
    return pools.map((pool) => `${pool.account.number}/${pool.version}`);
  },
  async collect(db, host, keys) {
    const rows = await readOwners(db, keys);
    return keys.map((key) => phpUnit(key, host, rows));
  },
  async outline(db, host, key) {
    return { withdrawn: !(await standsOn(db, "web", host.id, Number(key.split("/")[0]))), claims: [] };
  },
};

export const filesRole = makeFilesRole([]);

/** Makes the role `files`: sites' own folders, and those that other features need. */
export function makeFilesRole(sources: readonly NonNullable<HostingFeature["homeFolders"]>[]): Role<FilesState> {
  return {
    name: "files",
    after: [],
    async keys(db, host, after, limit) {
      return hostAccounts(db, "files", host.id, after, limit);
    },
    async collect(db, host, keys) {
      const rows = await readOwners(db, keys);
      const ids = [...rows.values()].map(({ account }) => account.id);
      const more = new Map<string, string[]>();
      for (const { accountId, path } of (await Promise.all(sources.map((source) => source(db, ids)))).flat()) {
        more.set(accountId, [...(more.get(accountId) ?? []), path]);
      }
      return keys.map((key) => filesUnit(key, host, rows, more.get(rows.get(key)?.account.id ?? "") ?? []));
    },
    async outline(db, host, key) {
      return { withdrawn: !(await standsOn(db, "files", host.id, Number(key))), claims: [] };
    },
  };
}

interface Owner {
  account: AccountFacts;
  sites: (SiteRow & { live: boolean; starter: string | null })[];
  pools: Pool[];
}

/** Reads the accounts that own these keys, with their sites and pools, in three queries. */
async function readOwners(db: Db, keys: string[]): Promise<Map<string, Owner>> {
  const numbers = [...new Set(keys.map((key) => key.split("/")[0] ?? ""))].filter((owner) => /^\d+$/.test(owner)).map(Number);
  const accounts = await readAccounts(db, numbers);
  const ids = accounts.map(({ id }) => id);
  const [sites, pools] = await Promise.all([
    db.site.findMany({
      where: { accountId: { in: ids } },
      orderBy: { id: "asc" },
      include: { addresses: { where: { domain: { state: "live" } }, select: { name: true }, orderBy: { name: "asc" } } },
    }),
    db.phpPool.findMany({ where: { accountId: { in: ids } }, orderBy: { version: "asc" } }),
  ]);
  return new Map(
    accounts.map((account) => [
      String(account.number),
      {
        account,
        sites: sites
          .filter((site) => site.accountId === account.id)
          .map((site) => ({ ...site, live: site.state === "live", names: site.addresses.map(({ name }) => name) })),
        pools: pools.filter((pool) => pool.accountId === account.id),
      },
    ]),
  );
}

/** A unit that should have no files (any more). */
function absent(key: string, accountId: string | null): Desired<never> {
  return { key, accountId, says: [], claims: [], withdrawn: true, probes: [], state: null };
}

function webUnit(key: string, host: HostFacts, owners: Map<string, Owner>): Desired<WebState> {
  const owner = owners.get(key);
  if (!owner || owner.account.state === "removed" || !webHostsOf(owner.account).includes(host.id)) return absent(key, owner?.account.id ?? null);
  const { account, pools } = owner;
  const suspended = account.state === "suspended";
  const home = `${host.homes}/${account.number}`;
  const built = owner.sites
    .filter(({ live }) => live)
    .map((row) => ({ row, site: webSite(row, home, account.plan, pools, suspended) }))
    .filter((one): one is { row: Owner["sites"][number]; site: WebSite } => one.site !== null);
  if (built.length === 0) return absent(key, account.id);
  const sites = built.map(({ site }) => site);
  return {
    key,
    accountId: account.id,
    says: built.map(({ row, site }) => siteSentence(site, row.folder)),
    claims: [...sites.flatMap(({ names }) => names), ...originClaims(sites.map(({ serve }) => (serve.kind === "proxy" ? serve.target : null)))].sort(),
    withdrawn: suspended,
    probes: webProbes(sites),
    state: { kind: "account", account: { number: account.number, login: account.login }, home, connectionLimit: account.plan.connections, sites },
  };
}

/** Every name is asked, up to a ceiling; the role `php` asks for the pools. */
function webProbes(sites: WebSite[]): Probe[] {
  return sites
    .flatMap(({ names }) => names)
    .slice(0, MAX_PROBES)
    .map((name) => ({ kind: "web", name: name.replace(/^\*/, PROBE_LABEL) }));
}

function phpUnit(key: string, host: HostFacts, owners: Map<string, Owner>): Desired<PhpState> {
  const [number = "", version = ""] = key.split("/");
  const owner = owners.get(number);
  const pool = owner?.pools.find((one) => one.version === version);
  // A suspended account keeps no process: its pools go, and with them everything that runs under its number (HOSTING.md 16).
  if (!owner || !pool || owner.account.state !== "active" || !webHostsOf(owner.account).includes(host.id)) return absent(key, owner?.account.id ?? null);
  const { account } = owner;
  const { plan } = account;
  const asked = owner.sites.find((site) => site.live && site.kind === "folder" && site.phpVersion === version && site.names.length > 0);
  const name = asked?.names.find((one) => !one.startsWith("*.")) ?? asked?.names[0]?.replace(/^\*/, PROBE_LABEL);
  return {
    key,
    accountId: account.id,
    says: [{ key: "sites.plan.pool", data: { version, memory: plan.phpMemoryMb, seconds: plan.phpTimeSeconds, workers: plan.phpWorkers } }],
    claims: [],
    withdrawn: false,
    probes: name ? [{ kind: "php", name }] : [],
    state: {
      account: { number: account.number, login: account.login },
      version,
      master: pool.master,
      socket: pool.socket,
      home: `${host.homes}/${account.number}`,
      memoryMb: plan.phpMemoryMb,
      timeSeconds: plan.phpTimeSeconds,
      uploadMb: plan.phpUploadMb,
      workers: plan.phpWorkers,
      envelope: `${account.login}@${host.name}`,
    },
  };
}

function filesUnit(key: string, host: HostFacts, owners: Map<string, Owner>, more: string[]): Desired<FilesState> {
  const owner = owners.get(key);
  if (!owner || owner.account.filesHostId !== host.id) return absent(key, owner?.account.id ?? null);
  const { account } = owner;
  // In the bin the home stays where it is, so that a restored account has everything; only the purge moves it into the machine's own bin.
  const purged = account.purgedAt !== null;
  const folders = new Map<string, "fr" | "en" | null>();
  for (const site of owner.sites) {
    if (site.folder && !purged) folders.set(site.folder, folders.get(site.folder) ?? (site.starter === "fr" || site.starter === "en" ? site.starter : null));
  }
  for (const path of purged ? [] : more) if (!folders.has(path)) folders.set(path, null);
  const list = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, starter]) => ({ path, starter }));
  return {
    key,
    accountId: account.id,
    says: purged ? [{ key: "sites.plan.home_removed", data: {} }] : [{ key: "sites.plan.home", data: { count: list.length } }],
    claims: [],
    withdrawn: purged,
    probes: [],
    state: {
      account: { number: account.number, login: account.login },
      home: purged ? "removed" : "present",
      path: `${host.homes}/${account.number}`,
      diskMb: account.plan.diskMb,
      folders: list,
    },
  };
}

async function baseUnit(db: Db): Promise<Desired<WebState>> {
  const { uploadMb, timeSeconds } = await highestPlan(db);
  return {
    key: BASE,
    accountId: null,
    says: [{ key: "sites.plan.base", data: { uploadMb, timeSeconds } }],
    claims: [],
    withdrawn: false,
    probes: [],
    state: { kind: "base", uploadMb, timeSeconds },
  };
}
