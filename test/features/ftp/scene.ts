/** A database with features that hear each other, a host with files and FTP, and contexts of two neighbours. */
import { releaseDomainsOf } from "../../../src/features/domains/domains.js";
import { feature } from "../../../src/features/ftp/feature.js";
import { createTestContext, type TestContext } from "../../support/context.js";
import type { Scope } from "../../support/database.js";
import { type AccountOptions, allowTestNames, connectFeatures, createAccount, createHost, memberOf } from "../../support/factories.js";

const all = ["owner", "webmaster", "mail", "reader"] as const;
const features = [
  { name: "accounts", permissions: { "accounts.read": all, "accounts.write": [], "accounts.members.write": [] } },
  {
    name: "domains",
    permissions: { "domains.read": all, "domains.write": ["owner", "webmaster"] },
    on: {
      "accounts.changed": async (tx: never, fact: { accountId: string; what: string }) => {
        if (fact.what === "purged") await releaseDomainsOf(tx, fact.accountId);
      },
    },
  },
  { name: "sites", permissions: { "sites.read": all, "sites.write": ["owner", "webmaster"] } },
  feature,
];

export const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFiVBpV7sSQ9CXHZ7WEEE0PlvrUuwx4tVdsmuKcA1VnR";

/** Makes the scene: the system's context, an account and its owner, a neighbour and its owner. */
export async function createScene(t: Scope, options: AccountOptions = {}) {
  const ctx: TestContext = await createTestContext(t);
  connectFeatures(ctx.events, features as never);
  await allowTestNames(ctx);
  const host = await createHost(ctx, { roles: ["files", "ftp", "php", "web"] });
  const account = await createAccount(ctx, { host, login: "club", ...options });
  const neighbour = await createAccount(ctx, { host, login: "voisin" });
  return { ctx, host, account, owner: ctx.as(memberOf(account)), neighbour, stranger: ctx.as(memberOf(neighbour)) };
}
