/** What the screens show: two machines, plans, associations, sites in every state, publications. */
import { fileURLToPath } from "node:url";
import type { Actor, Context, MembershipRole } from "../../src/core/context.js";
import { addAccount, findAccount } from "../../src/features/accounts/accounts.js";
import { setMember } from "../../src/features/accounts/members.js";
import { addPlan, DEFAULT_PLAN, ensureDefaultPlan } from "../../src/features/accounts/plans.js";
import { removeAccount, suspendAccount } from "../../src/features/accounts/states.js";
import { grantName } from "../../src/features/domains/claims.js";
import { addDomain, removeDomain } from "../../src/features/domains/domains.js";
import { addForbidden } from "../../src/features/domains/policy.js";
import { addLogin } from "../../src/features/ftp/index.js";
import { removeLogin } from "../../src/features/ftp/removal.js";
import { saveHost } from "../../src/features/hosts/index.js";
import { addProxyTarget } from "../../src/features/sites/proxy-targets.js";
import { removeSite } from "../../src/features/sites/removal.js";
import type { SiteInput } from "../../src/features/sites/schemas.js";
import { addSite } from "../../src/features/sites/sites.js";
import type { Host } from "../../src/generated/sqlite/client.js";
import type { TestApp, TestUser } from "../support/app.js";
import { addPublications } from "./publications.js";
import { addTrouble, type Trouble } from "./trust.js";
import { publishAll, setUnit } from "./units.js";
import { fillZones } from "./zones.js";

const GIGABYTE_IN_KB = 1_048_576;
const ASSOCIATIONS: [login: string, name: string, owner: string][] = [
  ["chorale", "Chorale du Port", "marc"],
  ["velo", "L’Atelier vélo", "sami"],
  ["jardins", "Jardins partagés de la Butte", "odile"],
  ["ludo", "Ludothèque des Quatre-Chemins", "ines"],
  ["radio", "Radio Belle Rive", "tom"],
  ["entraide", "Entraide et accueil du Val-de-Loire", "brigitte"],
];

export interface Scene {
  app: TestApp;
  /** Member of one account. */
  claire: TestUser;
  /** Owner of one account, that is suspended, and webmaster of another. */
  marc: TestUser;
  /** Member without any site. */
  sami: TestUser;
  admin: TestUser;
  host: Host;
  /** Accounts by login, sites and domains by name, publications by what became of them: their ids. */
  accounts: Record<string, string>;
  sites: Record<string, string>;
  domains: Record<string, string>;
  /** A record of the first association. */
  record: string;
  publications: Record<string, string>;
  /** A release of the first machine that was replaced. */
  release: string;
  trouble: Trouble;
}

/** Makes everything; `app` must publish nothing by itself. */
export async function makeScene(app: TestApp): Promise<Scene> {
  const ctx = app.ctx({ kind: "system", name: "install" });
  const admin = await app.createUser("jeanne", { admin: true, name: "Jeanne Martin" });
  const root = app.ctx({ kind: "user", userId: admin.id, login: "jeanne", admin: true, address: "192.0.2.14", memberships: new Map() });
  const host = await addHosts(app);
  await ensureDefaultPlan(ctx);
  await addPlan(root, { ...DEFAULT_PLAN, name: "Grande structure", maxSites: 50, diskMb: 51_200, phpMemoryMb: 512 });

  const accounts: Record<string, string> = {};
  for (const [login, name, ownerLogin] of [["amis", "Les Amis du canal", "claire"] as const, ...ASSOCIATIONS]) {
    await app.createUser(ownerLogin, { name: `${ownerLogin.charAt(0).toUpperCase()}${ownerLogin.slice(1)}`, locale: "fr" });
    const { account } = await addAccount(root, { login, name, ownerLogin, webHostId: host.id, filesHostId: host.id });
    accounts[login] = account.id;
  }
  const user = async (login: string): Promise<TestUser> => app.services.db.user.findUniqueOrThrow({ where: { login }, select: { id: true, login: true } });
  const [claire, marc, sami] = [await user("claire"), await user("marc"), await user("sami")];
  const amis = accounts["amis"] as string;
  const chorale = accounts["chorale"] as string;
  await setMember(root, amis, { login: "marc", role: "webmaster" });
  await app.services.db.user.update({ where: { id: claire.id }, data: { name: "Claire Dubois" } });

  const sites: Record<string, string> = {};
  const as = (person: TestUser, of: Record<string, MembershipRole>) => app.ctx(actorOf(person, of));
  const add = async (person: TestUser, accountId: string, address: string, more: Partial<SiteInput> = {}) => {
    const site = await addSite(as(person, { [accountId]: "owner" }), { accountId, address, withWww: false, kind: "folder", ...more });
    sites[address] = site.id;
    return site;
  };
  await addProxyTarget(root, "http://192.0.2.30:3000");
  await add(claire, amis, "amisducanal.test", { withWww: true, phpVersion: "8.4" });
  await add(claire, amis, "adhérents.amisducanal.test", { phpVersion: "8.3" });
  await add(claire, amis, "archives.amisducanal.test", { phpVersion: "8.2", folder: "www/archives/ancien-site-de-2014-avec-un-nom-de-dossier-vraiment-long" });
  await add(claire, amis, "fete-du-canal.test", { phpVersion: "8.1", withWww: true });
  await add(claire, amis, "ancien-nom.test", { kind: "redirect", target: "https://amisducanal.test/", redirectStatus: 308 });
  await add(claire, amis, "agenda.amisducanal.test", { kind: "proxy", proxyTarget: "http://192.0.2.30:3000" });
  await add(claire, amis, "boutique.amisducanal.test", { kind: "maintenance" });
  await add(claire, amis, "*.photos.amisducanal.test", { phpVersion: "" });
  await add(claire, amis, "essai.amisducanal.test", { phpVersion: "8.4" });
  await removeSite(as(claire, { [amis]: "owner" }), sites["essai.amisducanal.test"] as string);
  await add(marc, chorale, "choraleduport.test", { withWww: true, phpVersion: "8.4" });
  await addFiles(as(claire, { [amis]: "owner" }), amis);
  await addDomain(as(claire, { [amis]: "owner" }), { accountId: amis, name: "péniche-café.test" });
  await addDomain(as(claire, { [amis]: "owner" }), { accountId: amis, name: "regates.test" });
  const domains = Object.fromEntries((await ctx.db.domain.findMany()).map(({ name, id }) => [name, id]));
  await removeDomain(as(claire, { [amis]: "owner" }), domains["regates.test"] as string);

  await addForbidden(root, { name: "banque.test", reason: "Hameçonnage" });
  await grantName(root, { name: "velo.amisducanal.test", accountId: accounts["velo"] as string });
  await suspendAccount(root, chorale, "Cotisation 2026 en attente : écrivez à contact@hebergeur.test");
  await removeAccount(root, accounts["radio"] as string);
  const { record } = await fillZones(app, root);
  await publishAll(app, host);
  await letFail(app, host, amis);
  const publications = await addPublications(app, host, amis);
  const trouble = await addTrouble(app, host, amis, chorale, publications["done"] as string);
  const { id: release } = await app.services.db.release.findFirstOrThrow({ where: { state: "past" } });
  return { app, claire, marc, sami, admin, host, accounts, sites, domains, record, publications, release, trouble };
}

/** FTP accounts: one for everybody, one for a guest, one in the bin. */
async function addFiles(ctx: Context, accountId: string): Promise<void> {
  await addLogin(ctx, { accountId });
  const guest = { name: "webmestre", note: "Marie, jusqu’à la fête", folder: "www/amisducanal.test", readOnly: true, days: 30, networks: "192.0.2.0/24" };
  await addLogin(ctx, { accountId, ...guest });
  await removeLogin(ctx, (await addLogin(ctx, { accountId, name: "ancien" })).login.id);
}

/** One chip of each kind among the sites of one account: a PHP version's pool makes the difference. */
async function letFail(app: TestApp, host: Host, accountId: string): Promise<void> {
  const { number } = await app.services.db.account.findUniqueOrThrow({ where: { id: accountId } });
  const now = app.clock.now();
  await setUnit(app, host, "php", `${number}/8.3`, { verified: 0 });
  const fault = { quarantineCode: "php-fpm.version_missing", quarantineData: { version: "8.2" }, quarantinedAt: now, failedVersion: 9, serving: "lastGood" };
  await setUnit(app, host, "php", `${number}/8.2`, fault);
  await setUnit(app, host, "php", `${number}/8.1`, { wanted: { increment: 1 } });
}

function actorOf(person: TestUser, memberships: Record<string, MembershipRole>): Actor {
  return { kind: "user", userId: person.id, login: person.login, admin: false, address: "192.0.2.77", memberships: new Map(Object.entries(memberships)) };
}

async function addHosts(app: TestApp): Promise<Host> {
  const ctx = app.ctx({ kind: "system", name: "install" });
  const daemons = ["apache web", "homes files", "knot dns", "nginx web", "php-fpm php", "proftpd ftp"].map((words) => words.split(" ") as [string, string]);
  const fixed = {
    door: "ssh" as const,
    port: 22,
    user: "mutu",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFiVBpV7sSQ9CXHZ7WEEE0PlvrUuwx4tVdsmuKcA1VnR",
    homes: "/srv/mutu/homes",
  };
  const state = {
    protocol: 1,
    host: "web1",
    root: "5f2c9b1e4a7d8036",
    previous: "0b7de1",
    step: "settled",
    fence: 41,
    diskFreeKb: 812 * GIGABYTE_IN_KB,
    daemons: {
      apache: [["version", "2.4.71"]],
      nginx: [["version", "1.28.0"]],
      homes: [["version", "1"]],
      "php-fpm": [
        ["version", "8.4.6"],
        ["versions", "8.1 8.2 8.3 8.4"],
      ],
    },
    error: null as string | null,
  };
  const list = daemons.map(([daemon, role]) => ({ daemon, role }));
  const web1 = await saveHost(ctx, { ...fixed, name: "web1", address: "192.0.2.10", daemons: list });
  const web2 = await saveHost(ctx, { ...fixed, name: "web2", address: "web2.hebergeur.test", daemons: list });
  const stateAt = app.clock.now();
  const away = {
    ...state,
    host: "web2",
    daemons: { ...state.daemons, drift: [["apache", "accounts/2003.conf"]] },
    error: "ssh: connect to host web2.hebergeur.test port 22: No route to host",
  };
  await ctx.db.host.update({ where: { id: web2.id }, data: { state: away, stateAt, reachable: false } });
  // Asked for its logs, web1 answers as a machine does.
  const door = { door: "direct" as const, applyFile: fileURLToPath(new URL("machine-log.sh", import.meta.url)), machineFile: "/nonexistent" };
  return ctx.db.host.update({ where: { id: web1.id }, data: { ...door, state, stateAt, reachable: true } });
}

/** Gives the number of an account. */
export async function numberOf(app: TestApp, login: string): Promise<number> {
  const account = await findAccount(app.ctx(), login);
  if (!account) throw new Error(`no account ${login}`);
  return account.number;
}
