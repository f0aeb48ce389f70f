/** A panel with two web machines, each a real apply in a folder, a zone of ours and one that is kept elsewhere, and a name server for the world. */

import type { Env } from "../../../src/core/env.js";
import { changeSettings } from "../../../src/features/dns/index.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { findMove } from "../../../src/features/moves/moves.js";
import { step } from "../../../src/features/moves/steps.js";
import { addAddress, addSite } from "../../../src/features/sites/index.js";
import type { Daemon } from "../../../src/publish/contract.js";
import { publisherOf } from "../../../src/publish/index.js";
import { makeMachine } from "../../publish/machine.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { resolverEnv, startNameServer } from "../../support/name-server.js";
import { daemon } from "../publications/panel.js";

export const OLD = "198.51.100.1";
export const NEW = "198.51.100.2";
/** More than a guard lets leave a machine at once. */
const NAMES = 12;

export async function createMoveScene(t: Scope, count = NAMES, env: Partial<Env> = {}) {
  const world = await startNameServer(t);
  const panel = await buildTestApp(t, { daemons: [daemon as unknown as Daemon], env: { ...resolverEnv(world), ...env } });
  const ctx = panel.ctx();
  await allowTestNames(ctx);
  const place = async (name: string, publicIpv4: string) => {
    const machine = await makeMachine(t, name, ["tester"]);
    const host = await createHost(ctx, { name, roles: [], phpVersions: [] });
    const [applyFile, , machineFile] = machine.door.argv;
    await ctx.db.host.update({ where: { id: host.id }, data: { address: "127.0.0.1", httpsPort: machine.port, applyFile, machineFile, publicIpv4 } });
    await ctx.db.hostDaemon.create({ data: { hostId: host.id, daemon: "tester", role: "web" } });
    return { id: host.id, name, machine };
  };
  const web1 = await place("web1", OLD);
  const web2 = await place("web2", NEW);
  const names = await createHost(ctx, { name: "names", roles: ["dns"], phpVersions: [] });
  await changeSettings(ctx, { nameServers: "ns1.dns.test\nns2.dns.test", hostmaster: "hostmaster@dns.test" });
  const account = await createAccount(ctx, { host: await ctx.db.host.findUniqueOrThrow({ where: { id: web1.id } }), login: "club" });
  const member = await panel.createUser("jeanne");
  await joinAccount(ctx, account, member);
  await panel.createUser("admin", { admin: true });
  const publisher = publisherOf(panel.services);
  await addDomain(ctx, { accountId: account.id, name: "ours.test" });
  await addDomain(ctx, { accountId: account.id, name: "theirs.test" });
  await ctx.db.zone.update({ where: { name: "theirs.test" }, data: { mode: "external" } });
  const site = await addSite(ctx, { accountId: account.id, address: "ours.test", kind: "folder", folder: "www", withWww: false });
  for (let at = 0; at < count; at += 1) await addAddress(ctx, site.id, { address: `n${at}.ours.test`, withWww: false });
  await addAddress(ctx, site.id, { address: "theirs.test", withWww: false });
  await publisher.idle();
  const key = String(account.number);
  return {
    panel,
    ctx,
    publisher,
    web1,
    web2,
    account,
    site,
    key,
    admin: await panel.as("admin"),
    jeanne: await panel.as("jeanne"),
    /** What a machine serves of the account: its file, or nothing. */
    async serves({ machine }: { machine: (typeof web1)["machine"] }): Promise<string | undefined> {
      return (await machine.live())?.[`tester/accounts/${key}.conf`];
    },
    /** One look of the job, once everything is published. */
    async look(): Promise<string> {
      await publisher.idle();
      const move = await findMove(ctx, account.id);
      const said = move === null ? "none" : await step(ctx, panel.services, move);
      await publisher.idle();
      return said;
    },
    move: () => ctx.db.accountMove.findUnique({ where: { accountId: account.id } }),
    place: () => ctx.db.account.findUniqueOrThrow({ where: { id: account.id } }),
    /** The name server of ours, which no test starts, has the zone as it should be. */
    async zoneSeen(): Promise<void> {
      const unit = await ctx.db.publishUnit.findUniqueOrThrow({ where: { hostId_role_key: { hostId: names.id, role: "dns", key: "ours.test" } } });
      await ctx.db.publishUnit.update({ where: { id: unit.id }, data: { published: unit.wanted, verified: unit.wanted } });
    },
    zoneWanted: async () =>
      (await ctx.db.publishUnit.findUniqueOrThrow({ where: { hostId_role_key: { hostId: names.id, role: "dns", key: "ours.test" } } })).wanted,
    /** What the world is told of a name. */
    tell(name: string, data: string, ttl = 60): void {
      world.records = [...world.records.filter((one) => one.name !== name), { type: "A", name, ttl, data }];
    },
    world,
  };
}
