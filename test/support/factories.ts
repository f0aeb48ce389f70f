/** Rows that tests start from: a host with a web server, an account, a member of it. */
import type { Actor, Context, MembershipRole } from "../../src/core/context.js";
import type { EventHandler, EventMap, Events } from "../../src/core/events.js";
import type { Feature } from "../../src/core/feature.js";
import { registerPermissions } from "../../src/core/ownership.js";
import { takeNumber } from "../../src/features/accounts/numbers.js";
import { DEFAULT_PLAN } from "../../src/features/accounts/plans.js";
import { writePolicy } from "../../src/features/domains/index.js";
import { saveHost } from "../../src/features/hosts/index.js";
import type { Account, Host, Plan } from "../../src/generated/sqlite/client.js";

let count = 0;
const next = () => {
  count += 1;
  return count;
};

/** Lets features hear each other's events, as the composition root does. */
export function connectFeatures(events: Events, features: readonly Feature[]): void {
  for (const feature of features) {
    registerPermissions(feature.permissions ?? {});
    for (const [name, handler] of Object.entries(feature.on ?? {})) {
      events.on(name as keyof EventMap, handler as EventHandler<EventMap[keyof EventMap]>);
    }
  }
}

/** Allows names below .test, which are nobody's on the real internet. */
export async function allowTestNames(ctx: Context): Promise<void> {
  await writePolicy(ctx.db, { localNames: true, panelNames: ["panel.test"] });
}

export interface HostOptions {
  name?: string;
  phpVersions?: string[];
  roles?: string[];
}

/** Registers a host that says it found these PHP versions. */
export async function createHost(ctx: Context, options: HostOptions = {}): Promise<Host> {
  const name = options.name ?? `web${next()}`;
  const daemons = (options.roles ?? ["files", "php", "web"]).map((role) => ({ daemon: `${role}-daemon`, role }));
  const host = await saveHost(ctx, { name, address: `192.0.2.${(next() % 250) + 1}`, door: "direct", homes: "/srv/mutu/homes", daemons });
  const state = { daemons: { "php-fpm": [["versions", (options.phpVersions ?? ["8.2", "8.4"]).join(" ")]] }, error: null };
  return ctx.db.host.update({ where: { id: host.id }, data: { state, reachable: true } });
}

export interface AccountOptions {
  login?: string;
  name?: string;
  plan?: Partial<Plan>;
  host?: Host;
  filesHost?: Host;
}

/** Makes an account on a host of its own unless one is given, with a plan of its own when ceilings are given. */
export async function createAccount(ctx: Context, options: AccountOptions = {}): Promise<Account & { host: Host }> {
  const host = options.host ?? (await createHost(ctx));
  const login = options.login ?? `asso${next()}`;
  const account = await ctx.transaction(async (tx) => {
    const plan = await tx.db.plan.create({ data: { ...DEFAULT_PLAN, name: `plan ${next()}`, ...options.plan } });
    const name = options.name ?? `Association ${login}`;
    const number = await takeNumber(tx);
    const row = await tx.db.account.create({
      data: {
        login,
        name,
        number,
        search: `${login} ${name} ${number}`.toLowerCase(),
        planId: plan.id,
        webHostId: host.id,
        filesHostId: (options.filesHost ?? host).id,
      },
    });
    await tx.emit("accounts.changed", { accountId: row.id, what: "created" });
    return row;
  });
  return { ...account, host };
}

/** Makes the actor of a member; `memberships` is account → role. */
export function memberOf(account: { id: string; login: string }, role: MembershipRole = "owner"): Actor {
  return {
    kind: "user",
    userId: `user-of-${account.login}`,
    login: `${role}-${account.login}`,
    admin: false,
    address: "192.0.2.9",
    memberships: new Map([[account.id, role]]),
  };
}

/** Makes a user that exists a member of an account. */
export async function joinAccount(ctx: Context, account: { id: string }, user: { id: string }, role: MembershipRole = "owner"): Promise<void> {
  await ctx.db.membership.create({ data: { userId: user.id, accountId: account.id, role } });
}
