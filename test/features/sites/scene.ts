/** A database with features that hear each other, a host, and contexts of two neighbours. */

import { releaseDomainsOf } from "../../../src/features/domains/domains.js";
import { reactions } from "../../../src/features/sites/reactions.js";
import { createTestContext, type TestContext } from "../../support/context.js";
import type { Scope } from "../../support/database.js";
import { type AccountOptions, allowTestNames, connectFeatures, createAccount, memberOf } from "../../support/factories.js";

const features = [
  { name: "accounts", permissions: { "accounts.read": ["owner", "webmaster", "mail", "reader"], "accounts.write": [], "accounts.members.write": [] } as const },
  {
    name: "domains",
    permissions: { "domains.read": ["owner", "webmaster", "mail", "reader"], "domains.write": ["owner", "webmaster"] } as const,
    on: {
      "accounts.changed": async (tx: never, fact: { accountId: string; what: string }) => {
        if (fact.what === "purged") await releaseDomainsOf(tx, fact.accountId);
      },
    },
  },
  { name: "sites", permissions: { "sites.read": ["owner", "webmaster", "mail", "reader"], "sites.write": ["owner", "webmaster"] } as const, on: reactions },
];

/** Makes the scene: the system's context, an account and its owner, a neighbour and its owner. */
export async function createScene(t: Scope, options: AccountOptions = {}) {
  const ctx: TestContext = await createTestContext(t);
  connectFeatures(ctx.events, features as never);
  await allowTestNames(ctx);
  const account = await createAccount(ctx, options);
  const neighbour = await createAccount(ctx, { host: account.host });
  return { ctx, account, owner: ctx.as(memberOf(account)), neighbour, stranger: ctx.as(memberOf(neighbour)) };
}
