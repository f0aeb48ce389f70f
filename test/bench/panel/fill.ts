/** Fills the database of a panel that is not running: accounts with domains and sites, zones of the first, an administrator and a member. */
import { randomBytes } from "node:crypto";
import { boot } from "../../../src/boot.js";
import type { Context } from "../../../src/core/context.js";
import { readEnv } from "../../../src/core/env.js";
import { Secret } from "../../../src/core/secret.js";
import { DEFAULT_PLAN } from "../../../src/features/accounts/plans.js";
import { hashPassword } from "../../../src/features/auth/passwords.js";
import { saveHost } from "../../../src/features/hosts/hosts.js";
import { masterOf } from "../../../src/features/sites/pools.js";

const DOMAINS_OF_ACCOUNT = 20;
const FIRST_NUMBER = 2000;
const ROWS = 200;
const PHP = "8.2";
const MASTERS = 16;

const [count = "100", password = ""] = process.argv.slice(2);
const program = await boot(readEnv());
const ctx = program.services.context({ kind: "system", name: "bench" });
const host = await saveHost(ctx, {
  ...{ name: "web1", address: "192.0.2.10", door: "direct", applyFile: "/nonexistent", machineFile: "/nonexistent", homes: "/srv/mutu/homes" },
  daemons: [
    { daemon: "apache", role: "web" },
    { daemon: "nginx", role: "web" },
    { daemon: "php-fpm", role: "php" },
    { daemon: "knot", role: "dns" },
  ],
});
await layAccounts(ctx, host.id, Number(count));
await layPeople(ctx, password);
await program.close();
process.exit(0);

/** Rows as acts would leave them; nothing is marked for publication, for there is no machine. */
async function layAccounts(ctx: Context, hostId: string, domains: number): Promise<void> {
  const numbers = Array.from({ length: Math.ceil(domains / DOMAINS_OF_ACCOUNT) }, (_, at) => FIRST_NUMBER + at);
  await ctx.transaction(async ({ db }) => {
    const plan = await db.plan.create({ data: { ...DEFAULT_PLAN, name: "bench" } });
    for (const number of numbers) {
      const data = { id: `account-${number}`, number, login: `a${number}`, name: `Association ${number}`, search: `a${number} association ${number}` };
      await db.account.create({ data: { ...data, planId: plan.id, webHostId: hostId, filesHostId: hostId } });
      await db.phpPool.create({
        data: { accountId: data.id, version: PHP, master: masterOf(number, MASTERS), socket: `${randomBytes(16).toString("hex")}.sock` },
      });
    }
    const indexes = Array.from({ length: domains }, (_, at) => at);
    const accountOf = (index: number) => `account-${FIRST_NUMBER + Math.floor(index / DOMAINS_OF_ACCOUNT)}`;
    const nameOf = (index: number) => `d${index}.example.org`;
    for (let at = 0; at < domains; at += ROWS) {
      const page = indexes.slice(at, at + ROWS);
      const each = (make: (index: number, owned: { accountId: string; name: string }) => object) =>
        page.map((index) => make(index, { accountId: accountOf(index), name: nameOf(index) })) as never;
      await db.domain.createMany({ data: each((index, { accountId, name }) => ({ id: `domain-${index}`, accountId, name, search: name })) });
      await db.claim.createMany({ data: each((_, { accountId, name }) => ({ name, accountId })) });
      const site = { kind: "folder", phpVersion: PHP, folder: "www" };
      await db.site.createMany({ data: each((index, { accountId, name }) => ({ id: `site-${index}`, accountId, title: name, search: name, ...site })) });
      await db.siteAddress.createMany({
        data: each((index, { accountId, name }) => ({ siteId: `site-${index}`, accountId, domainId: `domain-${index}`, name })),
      });
      await db.zone.createMany({
        data: each((index, { accountId, name }) => ({ id: `zone-${index}`, domainId: `domain-${index}`, accountId, name, dnsHostId: hostId, serialFloor: 1 })),
      });
    }
    await db.accountCounter.create({ data: { id: 1, next: FIRST_NUMBER + numbers.length } });
  });
}

/** `admin` sees everything, `member` the first account. */
async function layPeople(ctx: Context, password: string): Promise<void> {
  const passwordHash = await hashPassword(new Secret(password));
  for (const login of ["admin", "member"]) {
    const email = `${login}@example.org`;
    const user = await ctx.db.user.create({ data: { login, email, search: `${login} ${email}`, passwordHash, admin: login === "admin" } });
    if (login === "member") await ctx.db.membership.create({ data: { userId: user.id, accountId: `account-${FIRST_NUMBER}`, role: "owner" } });
  }
}
