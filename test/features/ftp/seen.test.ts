/** Who was here last: told by the machine, kept with the login, asked for anew when its page is opened. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addLogin } from "../../../src/features/ftp/index.js";
import { getHost, probeHost, saveHost } from "../../../src/features/hosts/hosts.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

test("The newest login of each name is kept; a host speaks only of its own accounts; nothing of it stays in the host's row", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const folder = mkdtempSync(join(tmpdir(), "mutu-host-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const applyFile = join(folder, "apply");
  const now = () => Math.floor(panel.clock.now().getTime() / 1000);
  const say = (...lines: string[]) => {
    const answer = ["protocol 1", "host local", "root none", "step idle", "fence 3", "disk_free_kb 4096", "proftpd version 1.3.8", ...lines];
    writeFileSync(applyFile, `cat <<'E'\n${answer.join("\n")}\nE\n`);
  };
  const daemons = [
    { daemon: "homes", role: "files" },
    { daemon: "proftpd", role: "ftp" },
  ];
  const place = { address: "127.0.0.1", door: "direct" as const, applyFile, machineFile: "/dev/null", homes: "/srv/mutu/homes" };
  const host = await saveHost(ctx, { ...place, name: "local", daemons });
  const account = await createAccount(ctx, { host, login: "club" });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  const foreign = await createAccount(ctx, { host: await createHost(ctx), login: "voisin" });
  const { login } = await addLogin(ctx, { accountId: account.id });
  await addLogin(ctx, { accountId: foreign.id });
  const last = async (name: string) => {
    const { lastLoginAt, lastLoginFrom, lastLoginBy } = await ctx.db.ftpLogin.findUniqueOrThrow({ where: { name } });
    return lastLoginAt && [Math.floor(lastLoginAt.getTime() / 1000), lastLoginFrom, lastLoginBy];
  };

  const begun = now();
  say(`proftpd login club ${begun - 60} 192.0.2.7 ftps`, `proftpd login voisin ${begun - 60} 192.0.2.7 ftps`, "proftpd login unknown 5 192.0.2.7 sftp");
  await probeHost(ctx, panel.services.env, host.id);
  assert.deepEqual(await last("club"), [begun - 60, "192.0.2.7", "ftps"]);
  assert.equal(await last("voisin"), null);
  assert.ok(!JSON.stringify((await getHost(ctx, host.id)).state).includes("club"));
  say(`proftpd login club ${begun - 90} 192.0.2.8 sftp`);
  await probeHost(ctx, panel.services.env, host.id);
  assert.deepEqual(await last("club"), [begun - 60, "192.0.2.7", "ftps"], "an older line says nothing new");

  const jeanne = await panel.as("jeanne");
  say(`proftpd login club ${begun + 60} 2001:db8::7 sftp`);
  assert.ok(!(await jeanne.get(`/ftp-logins/${login.id}`)).body.includes("2001:db8::7"), "somebody asked just now");
  panel.clock.advance(120);
  // The page waits only a moment for the machine: a slow one is told of at the next look.
  const pages = [await jeanne.get(`/ftp-logins/${login.id}`), await jeanne.get(`/ftp-logins/${login.id}`)];
  for (let looks = 0; looks < 20 && !pages.at(-1)?.body.includes("2001:db8::7"); looks += 1) pages.push(await jeanne.get(`/ftp-logins/${login.id}`));
  assert.ok(pages.at(-1)?.body.includes("2001:db8::7"));
  assert.ok(pages.at(-1)?.body.includes("SFTP"));
});
