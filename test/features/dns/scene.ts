/** A database with all features, a host that answers names and sites, an account and its neighbour. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { discoverFeatures } from "../../../src/core/discover.js";
import type { Services } from "../../../src/core/services.js";
import type { ZoneState } from "../../../src/features/dns/role.js";
import { dnsRole } from "../../../src/features/dns/roles.js";
import { changeSettings } from "../../../src/features/dns/zone-settings.js";
import { readTable } from "../../../src/features/dns/zone-table.js";
import { getZone } from "../../../src/features/dns/zones.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { testEnv } from "../../support/app.js";
import { createTestContext, type TestContext } from "../../support/context.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, connectFeatures, createAccount, createHost, memberOf } from "../../support/factories.js";

export const SETTINGS = { nameServers: "ns1.dns.test\nns2.dns.test", hostmaster: "hostmaster@dns.test" };

export async function createDnsScene(t: Scope, options: { ready?: boolean } = {}) {
  const ctx: TestContext = await createTestContext(t);
  const features = await discoverFeatures();
  connectFeatures(ctx.events, features);
  await allowTestNames(ctx);
  const host = await createHost(ctx, { name: "web1", roles: ["files", "php", "web", "dns"] });
  await ctx.db.host.update({ where: { id: host.id }, data: { publicIpv4: "198.51.100.7", publicIpv6: "2001:db8::7" } });
  if (options.ready !== false) await changeSettings(ctx, SETTINGS);
  const account = await createAccount(ctx, { login: "asso", host });
  const neighbour = await createAccount(ctx, { login: "other", host });
  const owner = ctx.as(memberOf(account));
  const domain = await addDomain(owner, { accountId: account.id, name: "asso.test" });
  const env = testEnv("file:unused", { keys: { current: "test", keys: new Map([["test", randomBytes(32)]]) } });
  const role = dnsRole({ features, env } as unknown as Services);
  const facts = { id: host.id, name: host.name, homes: host.homes, options: {} };
  return {
    ctx,
    features,
    env,
    host,
    facts,
    role,
    account,
    owner,
    domain,
    neighbour,
    stranger: ctx.as(memberOf(neighbour)),
    table: async (name = "asso.test") => readTable(ctx.db, features, await getZone(ctx, name)),
    async unit(key = "asso.test") {
      const [unit] = await role.collect(ctx.db, facts, [key]);
      return unit ?? assert.fail("nothing collected");
    },
    /** What is published, a line a record. */
    async lines(key = "asso.test"): Promise<string[]> {
      const [unit] = await role.collect(ctx.db, facts, [key]);
      const state = unit?.state as ZoneState | null;
      const { presentationOf } = await import("../../../src/features/dns/record-text.js");
      return (state?.records ?? []).map(({ name, ttl, data }) => `${name} ${ttl ?? "-"} ${data.type} ${presentationOf(data)}`);
    },
    async wanted(key: string): Promise<number> {
      return (await ctx.db.publishUnit.findUnique({ where: { hostId_role_key: { hostId: host.id, role: "dns", key } } }))?.wanted ?? 0;
    },
  };
}
