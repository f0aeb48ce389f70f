/** A panel over real HTTPS with FTP accounts in every state, a host that tells its fingerprints, and a notice. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ensureCertificate, listen } from "../../../src/core/http/listen.js";
import { suspendAccount } from "../../../src/features/accounts/index.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { changeDoor } from "../../../src/features/ftp/host-settings.js";
import { addLogin } from "../../../src/features/ftp/index.js";
import { editLogin } from "../../../src/features/ftp/logins.js";
import { removeLogin } from "../../../src/features/ftp/removal.js";
import { addNotice } from "../../../src/features/notices/index.js";
import { addSite } from "../../../src/features/sites/index.js";
import { buildTestApp, TEST_PASSWORD } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";
import { ED25519 } from "./scene.js";

const LONG = "un-tres-long-nom-de-guest-web-master";
const NOTICE = {
  titleFr: "Les adresses FTP ont changé",
  textFr: "La nouvelle adresse est ftp.hebergeur.test.\n\nL’ancienne, ftp.ancien-hebergeur.test, sert encore jusqu’à Noël.",
  titleEn: "The FTP addresses have changed",
  textEn: "The new address is ftp.hebergeur.test.\n\nThe old one, ftp.ancien-hebergeur.test, works until Christmas.",
};

/** Serves it; gives the pages of a member and of an administrator. */
export async function serveFtp(t: Scope) {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const panel = await buildTestApp(t, { env: { tls, trustedProxies: [], origin: "https://localhost" } });
  const ctx = panel.ctx();
  const host = await createHost(ctx, { name: "control", roles: ["files", "ftp", "php", "web"] });
  const told = {
    "ftp-daemon": [
      ["sftp_fingerprint", `SHA256:${"Ab3".repeat(14)}x`],
      ["tls_fingerprint", Array.from({ length: 32 }, (_, n) => (n + 160).toString(16).toUpperCase()).join(":")],
    ],
  };
  await ctx.db.host.update({ where: { id: host.id }, data: { state: { daemons: told, error: null } } });
  await changeDoor(ctx, host.id, { publicName: "ftp.hebergeur.test", oldNames: "ftp.ancien-hebergeur.test" });
  const account = await createAccount(ctx, { host, login: "amis", name: "Les Amis du vélo en ville et à la campagne" });
  const late = await createAccount(ctx, { host });
  await panel.createUser("root", { admin: true });
  await joinAccount(ctx, account, await panel.createUser("jeanne", { name: "Jeanne Martin" }));
  await addSite(ctx, { accountId: account.id, address: "velo.test" });
  await addSite(ctx, { accountId: account.id, address: "fete-du-velo.test" });
  const accountId = account.id;
  const main = (await addLogin(ctx, { accountId, key: `${ED25519} jeanne@bureau` })).login;
  await ctx.db.ftpLogin.update({ where: { id: main.id }, data: { lastLoginAt: panel.clock.now(), lastLoginFrom: "2001:db8::7", lastLoginBy: "sftp" } });
  const guest = (
    await addLogin(ctx, {
      accountId,
      name: LONG,
      note: "Marie, webmestre, jusqu’à la fête",
      folder: "www/velo.test",
      readOnly: true,
      days: 30,
      networks: "192.0.2.0/24 2001:db8::/32",
    })
  ).login;
  const keys = (await addLogin(ctx, { accountId, name: "cles", keysOnly: true, key: ED25519 })).login;
  await addDomain(ctx, { accountId, name: "péniche-café.test" });
  const wanted = (await addLogin(ctx, { accountId, name: "péniche-café.test_visite" })).login;
  const gone = (await addLogin(ctx, { accountId, name: "parti" })).login;
  await removeLogin(ctx, gone.id);
  await ctx.db.ftpLogin.update({ where: { id: wanted.id }, data: { nameUntil: new Date(panel.clock.now().getTime() + 20 * 86_400_000) } });
  for (const unit of await ctx.db.publishUnit.findMany({ where: { role: "ftp" } })) {
    await ctx.db.publishUnit.update({ where: { id: unit.id }, data: { published: unit.wanted, verified: unit.wanted, serving: "present" } });
  }
  const other = await createAccount(ctx, { host: await createHost(ctx, { name: "web1" }), login: "sansftp" });
  const away = (await addLogin(ctx, { accountId: other.id })).login;
  const closed = (await addLogin(ctx, { accountId: late.id })).login;
  await editLogin(ctx, closed.id, { enabled: false });
  await suspendAccount(ctx, late.id, "Cotisation impayée");
  const notice = await addNotice(ctx, { ...NOTICE, byMail: true }, "https://localhost");
  await ctx.db.outgoingMail.updateMany({ data: { error: "connect ECONNREFUSED 192.0.2.25:587", attempts: 1 } });
  const server = await listen(panel.app, panel.services.env);
  t.after(() => server.close());
  const login = (id: string) => `/ftp-logins/${id}`;
  return {
    panel,
    ctx,
    account,
    guest,
    notice,
    origin: server.address.replace("127.0.0.1", "localhost"),
    // Those that test/browser/screens.test.ts has not.
    memberPages: [...[main.id, guest.id, keys.id, wanted.id, gone.id].map(login), `${login(guest.id)}/delete`, "/ftp-logins?q=nothing-so-named"],
    adminPages: [login(away.id), login(closed.id), `/connect?account=${other.id}`, `/notices/${notice.id}`, `/notices/${notice.id}/delete`],
  };
}

/** Logs in through the landing page. */
export async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await page.click("form[action='/login'] button[type=submit]");
}
