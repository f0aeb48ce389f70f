/** The whole application with a name server that is its world, two accounts and their owners. */
import type { Context } from "../../../src/core/context.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { type AccountOptions, allowTestNames, createAccount, memberOf } from "../../support/factories.js";
import { resolverEnv, startNameServer, type TestNameServer } from "../../support/name-server.js";

export interface TransferScene {
  app: TestApp;
  ctx: Context;
  world: TestNameServer;
  giver: Awaited<ReturnType<typeof createAccount>>;
  taker: Awaited<ReturnType<typeof createAccount>>;
  /** Their owners. */
  asGiver: Context;
  asTaker: Context;
  stranger: Context;
}

export async function createScene(t: Scope, options: { taker?: AccountOptions } = {}): Promise<TransferScene> {
  const world = await startNameServer(t);
  const app = await buildTestApp(t, { env: resolverEnv(world) });
  const ctx = app.ctx();
  await allowTestNames(ctx);
  const giver = await createAccount(ctx, { login: "giver" });
  const taker = await createAccount(ctx, { login: "taker", host: giver.host, ...options.taker });
  const other = await createAccount(ctx, { login: "other", host: giver.host });
  return { app, ctx, world, giver, taker, asGiver: app.ctx(memberOf(giver)), asTaker: app.ctx(memberOf(taker)), stranger: app.ctx(memberOf(other)) };
}
