import assert from "node:assert/strict";
import { test } from "node:test";
import { removeAccount, restoreAccount, resumeAccount, suspendAccount } from "../../../src/features/accounts/states.js";
import { addKey } from "../../../src/features/ftp/login-keys.js";
import { addLogin, editLogin, setPassword } from "../../../src/features/ftp/logins.js";
import { expireLogins, removeLogin, restoreLogin } from "../../../src/features/ftp/removal.js";
import { ftpRole, loginFolders } from "../../../src/features/ftp/roles.js";
import { saveHost } from "../../../src/features/hosts/index.js";
import { makeFilesRole } from "../../../src/features/sites/roles.js";
import { createAccount, createHost } from "../../support/factories.js";
import { createScene, ED25519 } from "./scene.js";

async function scene(t: Parameters<typeof createScene>[0]) {
  const made = await createScene(t);
  const { ctx, account } = made;
  const facts = { id: made.host.id, name: made.host.name, homes: made.host.homes, options: {} };
  const key = String(account.number);
  const collect = async () => (await ftpRole.collect(ctx.db, facts, [key]))[0] ?? assert.fail("nothing collected");
  const wanted = async () => (await ctx.db.publishUnit.findUnique({ where: { hostId_role_key: { hostId: made.host.id, role: "ftp", key } } }))?.wanted ?? 0;
  return { ...made, facts, key, collect, wanted };
}

test("The state is complete, sorted, and holds nobody who may not come", async (t) => {
  const { ctx, account, owner, collect, key } = await scene(t);
  const { login: club } = await addLogin(owner, { accountId: account.id, key: ED25519 });
  const guest = { name: "guest", folder: "www/fête", readOnly: true, days: 30, networks: "192.0.2.7 10.1.2.3/8", keysOnly: true, key: ED25519 };
  await addLogin(owner, { accountId: account.id, ...guest });
  const { login: shut } = await addLogin(owner, { accountId: account.id, name: "shut" });
  await editLogin(owner, shut.id, { enabled: false });
  const { login: binned } = await addLogin(owner, { accountId: account.id, name: "binned" });
  await removeLogin(owner, binned.id);
  const end = Math.floor(ctx.clock.now().getTime() / 1000) + 30 * 86_400;
  const home = `/srv/mutu/homes/${key}`;
  const unit = await collect();
  assert.deepEqual(unit.state, {
    account: { number: account.number, login: "club" },
    home,
    logins: [
      { name: "club", hash: club.hash, folder: home, readOnly: false, expiresAt: null, networks: [], keys: [ED25519] },
      { name: "club_guest", hash: null, folder: `${home}/www/fête`, readOnly: true, expiresAt: end, networks: ["10.0.0.0/8", "192.0.2.7/32"], keys: [ED25519] },
    ],
  });
  assert.deepEqual([unit.withdrawn, unit.probes, unit.accountId], [false, [{ kind: "ftp", name: `mutu-probe-${key}` }], account.id]);
  assert.deepEqual(unit.says, [{ key: "ftp.plan.logins", data: { count: 2, names: "club, club_guest" } }]);
  ctx.clock.advance(31 * 86_400);
  assert.equal(await expireLogins(ctx), 1);
  assert.deepEqual(
    (await collect()).state?.logins.map(({ name }) => name),
    ["club"],
  );
  await restoreLogin(owner, binned.id);
  assert.equal((await collect()).state?.logins.length, 2);
});

test("Whatever is taken back forbids the files from before: the claims are no longer those", async (t) => {
  const { account, owner, collect } = await scene(t);
  const { login } = await addLogin(owner, { accountId: account.id, networks: "192.0.2.7" });
  const covers = async (act: () => Promise<unknown>) => {
    const { claims: before } = await collect();
    await act();
    const now = new Set((await collect()).claims);
    return before.every((claim) => now.has(claim));
  };
  assert.equal(await covers(() => addLogin(owner, { accountId: account.id, name: "more" })), true);
  assert.equal(await covers(() => editLogin(owner, login.id, { note: "for Marie" })), true);
  assert.equal(await covers(() => setPassword(owner, login.id, undefined)), false);
  assert.equal(await covers(() => editLogin(owner, login.id, { readOnly: true })), false);
  assert.equal(await covers(() => editLogin(owner, login.id, { networks: "192.0.2.8" })), false);
  assert.equal(await covers(() => editLogin(owner, login.id, { days: 7 })), false);
  assert.equal(await covers(() => editLogin(owner, login.id, { folder: "www" })), false);
  assert.equal(await covers(() => addKey(owner, login.id, { key: ED25519 })), false);
  assert.equal(await covers(() => removeLogin(owner, login.id)), false);
});

test("A suspended, removed or foreign account has no logins; every change of state is published", async (t) => {
  const { ctx, account, owner, collect, wanted, facts, key } = await scene(t);
  await suspendAccount(ctx, account.id, "late");
  assert.equal(await wanted(), 0, "an account without logins has no unit");
  await resumeAccount(ctx, account.id);
  await addLogin(owner, { accountId: account.id });
  let before = await wanted();
  const touched = async () => {
    const now = await wanted();
    const more = now > before;
    before = now;
    return more;
  };
  const absent = { key, accountId: account.id, says: [], claims: [], withdrawn: true, probes: [], state: null };
  await suspendAccount(ctx, account.id, "late");
  assert.deepEqual([await touched(), await collect()], [true, absent]);
  assert.deepEqual(await ftpRole.keys(ctx.db, facts, "", 10), []);
  await resumeAccount(ctx, account.id);
  assert.deepEqual([await touched(), (await collect()).state?.logins.length], [true, 1]);
  await removeAccount(ctx, account.id);
  assert.deepEqual([await touched(), await collect()], [true, absent]);
  await restoreAccount(ctx, account.id);
  assert.deepEqual([await touched(), (await collect()).state?.logins.length], [true, 1]);
  const other = await createHost(ctx);
  const [foreign] = await ftpRole.collect(ctx.db, { ...facts, id: other.id }, [key, "999999", "base"]);
  assert.deepEqual(foreign, absent);
});

test("The folder of a login is made with the home's other folders, and stays asked for while the login is closed", async (t) => {
  const { ctx, account, owner, facts, key } = await scene(t);
  const role = makeFilesRole([loginFolders]);
  const folders = async () => (await role.collect(ctx.db, facts, [key]))[0]?.state?.folders.map(({ path }) => path);
  assert.deepEqual(await folders(), []);
  await addLogin(owner, { accountId: account.id, folder: "www/club" });
  const { login } = await addLogin(owner, { accountId: account.id, folder: "photos" });
  await addLogin(owner, { accountId: account.id, folder: "photos" });
  assert.deepEqual(await folders(), ["photos", "www/club"]);
  await editLogin(owner, login.id, { enabled: false, folder: "images" });
  assert.deepEqual(await folders(), ["images", "photos", "www/club"]);
  const files = await ctx.db.publishUnit.findUniqueOrThrow({ where: { hostId_role_key: { hostId: facts.id, role: "files", key } } });
  assert.ok(files.wanted >= 4);
});

test("Keys come in pages; a daemon that comes later finds every account with logins", async (t) => {
  const { ctx, host, facts, account, owner, neighbour } = await scene(t);
  const third = await createAccount(ctx, { host, login: "third" });
  await createAccount(ctx, { host, login: "fourth" });
  for (const { id } of [account, neighbour, third]) await addLogin(ctx, { accountId: id });
  await addLogin(owner, { accountId: account.id });
  const numbers = [account, neighbour, third].map(({ number }) => String(number));
  const found: string[] = [];
  for (let page = await ftpRole.keys(ctx.db, facts, "", 2); page.length > 0; page = await ftpRole.keys(ctx.db, facts, found.at(-1) ?? "", 2))
    found.push(...page);
  assert.deepEqual(found, numbers);
  await ctx.db.publishUnit.deleteMany({ where: { role: "ftp" } });
  const daemons = [{ daemon: "proftpd", role: "ftp" }];
  await saveHost(ctx, { name: host.name, address: host.address, door: "direct", homes: host.homes, daemons });
  const units = await ctx.db.publishUnit.findMany({ where: { role: "ftp" }, orderBy: { key: "asc" } });
  assert.deepEqual(
    units.map(({ key }) => key),
    numbers,
  );
});
