import assert from "node:assert/strict";
import { test } from "node:test";
import { addSite } from "../../../src/features/sites/index.js";
import { publisherOf } from "../../../src/publish/index.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

test("An open page hears of its own sites' chips, and of no neighbour's", async (t) => {
  const panel = await buildTestApp(t, { heartbeatSeconds: 1 });
  const ctx = panel.ctx();
  const host = await createHost(ctx);
  const account = await createAccount(ctx, { host });
  const neighbour = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  const own = await addSite(ctx, { accountId: account.id, address: "club.test" });
  const other = await addSite(ctx, { accountId: neighbour.id, address: "voisin.test" });
  const jeanne = await panel.as("jeanne");
  const { events } = publisherOf(panel.services);

  let heard = "";
  const answer = jeanne.get("/sites/stream").then((response) => {
    heard = response.body;
  });
  // The stream ends when the application closes; what was sent meanwhile is its body.
  const tell = (accountId: string, number: number) =>
    events.emit({ hostId: host.id, role: "web", key: String(number), accountId, chip: { state: "verified" } });
  for (let round = 0; round < 5; round += 1) {
    tell(account.id, account.number);
    tell(neighbour.id, neighbour.number);
    await jeanne.get("/sites");
  }
  await panel.app.close();
  await answer;
  assert.ok(heard.includes(`chip-${own.id}`), heard.slice(0, 500));
  assert.ok(!heard.includes(other.id));
});
