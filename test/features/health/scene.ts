/** An application, the world's name server, and a primary of ours that answers what the zone serves when the test publishes it. */
import type { Answer } from "dns-packet";
import type { Context } from "../../../src/core/context.js";
import type { Env } from "../../../src/core/env.js";
import { changeSettings, getZone, readTable, textOf } from "../../../src/features/dns/index.js";
import type { RecordData } from "../../../src/features/dns/role.js";
import { addDomain } from "../../../src/features/domains/index.js";
import type { Daemon } from "../../../src/publish/contract.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, memberOf } from "../../support/factories.js";
import { resolverEnv, startNameServer, type TestNameServer } from "../../support/name-server.js";

/** Of units: as if everything that may come were published. */
const NEVER_WAITS = 1_000_000;
export const ADDRESS = "198.51.100.7";

/** Knows the port of the primary, and renders nothing: nothing is published here. */
const silentDaemon: Daemon = {
  name: "dns-daemon",
  role: "dns",
  options: { port: { type: "integer", title: "knot.options.port", default: 53, minimum: 1, maximum: 65_535 } },
  render: () => [],
  renderNotice: () => [],
  explain: () => [],
  forwardOnly: false,
};

export interface HealthScene {
  app: TestApp;
  ctx: Context;
  world: TestNameServer;
  ours: TestNameServer;
  account: Awaited<ReturnType<typeof createAccount>>;
  owner: Context;
  /** Lets our primary answer what the zone serves now. */
  publish(name: string): Promise<void>;
  /** Says at the registry, and to the resolver, which servers a domain has. */
  delegate(name: string, servers: string[], ds?: string[]): void;
  /** Lets the world's resolver answer this, in place of what it said of this name and type. */
  say(name: string, type: "A" | "MX" | "TXT" | "CNAME", data: unknown[], ttl?: number): void;
}

export async function createHealthScene(t: Scope, options: { ready?: boolean; env?: Partial<Env> } = {}): Promise<HealthScene> {
  const [world, ours] = [await startNameServer(t), await startNameServer(t)];
  const app = await buildTestApp(t, { env: { ...options.env, ...resolverEnv(world) }, daemons: [silentDaemon] });
  const ctx = app.ctx();
  await allowTestNames(ctx);
  const host = await createHost(ctx, { name: "machine", roles: ["files", "php", "web", "dns"] });
  await ctx.db.host.update({ where: { id: host.id }, data: { address: "127.0.0.1", publicIpv4: ADDRESS } });
  await ctx.db.hostDaemon.updateMany({ where: { hostId: host.id, daemon: "dns-daemon" }, data: { options: { port: ours.port } } });
  if (options.ready !== false)
    await changeSettings(ctx, { nameServers: "ns1.hoster.test\nns2.hoster.test", hostmaster: "hostmaster@hoster.test", signed: false });
  const account = await createAccount(ctx, { login: "asso", host });
  world.records.push({ type: "NS", name: "test", ttl: 60, data: "ns.registry.test" }, { type: "A", name: "ns.registry.test", ttl: 60, data: "127.0.0.1" });
  const forget = (name: string, ...types: string[]) => {
    world.records = world.records.filter((one) => one.name !== name || !types.includes(one.type));
  };
  return {
    ...{ app, ctx, world, ours, account, owner: app.ctx(memberOf(account)) },
    async publish(name) {
      const { served } = await readTable(ctx.db, app.services.features, await getZone(ctx, name));
      await ctx.db.publishUnit.updateMany({ where: { role: "dns", key: name }, data: { published: NEVER_WAITS, verified: NEVER_WAITS } });
      ours.records = served.map((one) => wire(one.name, one.ttl ?? 3600, one.data));
    },
    delegate(name, servers, ds = []) {
      forget(name, "NS", "DS");
      for (const data of servers) world.records.push({ type: "NS", name, ttl: 7200, data });
      for (const one of ds) {
        const [keyTag = 0, algorithm = 0, digestType = 0] = one.split(" ").map(Number);
        world.records.push({ type: "DS", name, ttl: 7200, data: { keyTag, algorithm, digestType, digest: Buffer.from(one.split(" ")[3] ?? "", "hex") } });
      }
    },
    say(name, type, data, ttl = 1800) {
      forget(name, type);
      for (const one of data) world.records.push({ type, name, ttl, data: one } as Answer);
    },
  };
}

/** Adds a domain for the scene's account. */
export async function addScenesDomain({ ctx, account }: HealthScene, name: string): Promise<string> {
  return (await addDomain(ctx, { accountId: account.id, name })).id;
}

function wire(name: string, ttl: number, data: RecordData): Answer {
  const as = (value: unknown) => ({ type: data.type, name, ttl, data: value }) as Answer;
  switch (data.type) {
    case "A":
    case "AAAA":
      return as(data.address);
    case "CNAME":
    case "NS":
    case "PTR":
      return as(data.target);
    case "MX":
      return as({ preference: data.priority, exchange: data.target });
    case "TXT":
      return as(data.strings.map((one) => textOf([one])));
    default:
      throw new Error(`the scene does not write ${data.type}`);
  }
}
