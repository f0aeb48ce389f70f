import assert from "node:assert/strict";
import { test } from "node:test";
import { discoverFeatures } from "../../../src/core/discover.js";
import { addLogin } from "../../../src/features/ftp/index.js";
import { addSite } from "../../../src/features/sites/index.js";
import { buildTestApp } from "../../support/app.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";

test("The sheet gathers each feature's card for one account, in order, to those who may see it", async (t) => {
  const extra = {
    name: "mailboxes",
    permissions: { "mailboxes.read": ["mail"] } as const,
    connectCards: [{ position: 1, permission: "mailboxes.read", view: "sites/connect-dns", load: async () => ({ address: "mail.test" }) }],
  };
  const panel = await buildTestApp(t, { features: [...(await discoverFeatures()), extra] });
  const ctx = panel.ctx();
  await allowTestNames(ctx);
  const host = await createHost(ctx, { roles: ["files", "ftp", "php", "web"] });
  const account = await createAccount(ctx, { host, login: "club" });
  const neighbour = await createAccount(ctx, { host, login: "voisin" });
  await addSite(ctx, { accountId: account.id, address: "club.test" });
  await addLogin(ctx, { accountId: account.id, name: "marie", note: "Webmestre" });
  await addLogin(ctx, { accountId: neighbour.id });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, account, await panel.createUser("paul"), "mail");
  await panel.createUser("root", { admin: true });

  const owner = (await (await panel.as("jeanne")).get("/connect")).body;
  const places = ["https://club.test/", "Your files: FTP and SFTP", "Your folders", "If your domain is managed elsewhere"].map((text) => owner.indexOf(text));
  assert.ok(
    places.every((at, index) => at > (places[index - 1] ?? 0)),
    places.join(),
  );
  assert.ok(owner.includes(">club_marie<") && owner.includes("Webmestre") && owner.includes(">2222<") && owner.includes(`>${host.address}<`));
  assert.ok(!owner.includes("voisin") && !owner.includes("mail.test"));
  const mail = (await (await panel.as("paul")).get("/connect")).body;
  assert.ok(mail.includes("mail.test") && !mail.includes("club_marie"));
  assert.equal((await (await panel.as("jeanne")).get(`/connect?account=${neighbour.id}`)).statusCode, 404);
  const root = await panel.as("root");
  assert.ok((await root.get("/connect")).body.includes(`/connect?account=${neighbour.id}`));
  assert.ok((await root.get(`/connect?account=${neighbour.id}`)).body.includes(">voisin<"));
});

test("Without an FTP server the sheet says so instead of naming a port", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const account = await createAccount(ctx);
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  const { body } = await (await panel.as("jeanne")).get("/connect");
  assert.ok(body.includes("has no FTP server yet") && !body.includes(">2222<"));
});
