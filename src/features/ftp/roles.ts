/** The role `ftp`: one unit an account, on the host that has its files. */
import { createHash } from "node:crypto";
import type { Db } from "../../core/db.js";
import type { Desired, HomeFolder, HostFacts, Role } from "../../publish/contract.js";
import { type AccountFacts, readAccounts } from "../accounts/index.js";
import { keyLine } from "./keys.js";
import { type FtpLogin, type FtpState, PROBE_PREFIX } from "./role.js";

/** A row with what its state follows from. */
export interface LoginRow {
  name: string;
  hash: string | null;
  folder: string;
  readOnly: boolean;
  expiresAt: Date | null;
  networks: string;
  keys: { type: string; blob: string }[];
}

/** Those that a machine may know: nothing switched off, removed or over. */
const SERVED = { state: "live", enabled: true, expired: false } as const;

export const ftpRole: Role<FtpState> = {
  name: "ftp",
  after: ["files"],
  async keys(db, host, after, limit) {
    const accounts = await db.ftpLogin.findMany({
      where: { ...SERVED, account: { filesHostId: host.id, state: "active", number: { gt: Number(after) || 0 } } },
      distinct: ["accountId"],
      orderBy: { account: { number: "asc" } },
      take: limit,
      select: { account: { select: { number: true } } },
    });
    return accounts.map(({ account }) => String(account.number));
  },
  async collect(db, host, keys) {
    const accounts = await readAccounts(
      db,
      keys.map(Number).filter((number) => Number.isInteger(number)),
    );
    const logins = await readLogins(
      db,
      accounts.map(({ id }) => id),
    );
    const byKey = new Map(accounts.map((account) => [String(account.number), account]));
    return keys.map((key) => unitOf(key, host, byKey.get(key), logins.get(byKey.get(key)?.id ?? "") ?? []));
  },
};

/** The folders that logins begin in. */
export async function loginFolders(db: Db, accountIds: string[]): Promise<HomeFolder[]> {
  const rows = await db.ftpLogin.findMany({
    where: { state: "live", folder: { not: "" }, accountId: { in: accountIds } },
    distinct: ["accountId", "folder"],
    select: { accountId: true, folder: true },
    orderBy: [{ accountId: "asc" }, { folder: "asc" }],
  });
  return rows.map(({ accountId, folder }) => ({ accountId, path: folder }));
}

async function readLogins(db: Db, accountIds: string[]): Promise<Map<string, LoginRow[]>> {
  const rows = await db.ftpLogin.findMany({
    where: { ...SERVED, accountId: { in: accountIds } },
    orderBy: { name: "asc" },
    include: { keys: { select: { type: true, blob: true } } },
  });
  const found = new Map<string, LoginRow[]>();
  for (const row of rows) found.set(row.accountId, [...(found.get(row.accountId) ?? []), row]);
  return found;
}

function unitOf(key: string, host: HostFacts, account: AccountFacts | undefined, rows: LoginRow[]): Desired<FtpState> {
  const there = account !== undefined && account.state === "active" && account.filesHostId === host.id && rows.length > 0;
  if (!there) return { key, accountId: account?.id ?? null, says: [], claims: [], withdrawn: true, probes: [], state: null };
  const home = `${host.homes}/${account.number}`;
  const logins = rows.map((row) => loginState(row, home)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    key,
    accountId: account.id,
    says: [{ key: "ftp.plan.logins", data: { count: logins.length, names: logins.map(({ name }) => name).join(", ") } }],
    claims: logins.map(claimOf),
    withdrawn: false,
    probes: [{ kind: "ftp", name: `${PROBE_PREFIX}${account.number}` }],
    state: { account: { number: account.number, login: account.login }, home, logins },
  };
}

/** Builds the state of one login. */
export function loginState(row: LoginRow, home: string): FtpLogin {
  return {
    name: row.name,
    hash: row.hash,
    folder: row.folder === "" ? home : `${home}/${row.folder}`,
    readOnly: row.readOnly,
    expiresAt: row.expiresAt === null ? null : Math.floor(row.expiresAt.getTime() / 1000),
    networks: row.networks.split(" ").filter(Boolean).sort(),
    keys: row.keys.map(keyLine).sort(),
  };
}

/** A claim is the whole login: files from before may serve again only where nothing of it has been taken back since, be it a password or a network. */
function claimOf(login: FtpLogin): string {
  return `${login.name} ${createHash("sha256").update(JSON.stringify(login)).digest("hex").slice(0, 32)}`;
}
