import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { isRefusal } from "../../../src/core/errors.js";
import { hashCrypt } from "../../../src/core/machine/index.js";
import { Secret } from "../../../src/core/secret.js";
import { purgeAccounts, removeAccount } from "../../../src/features/accounts/states.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { addKey, removeKey } from "../../../src/features/ftp/login-keys.js";
import { addLogin, dropPassword, editLogin, getLogin, listLogins, setPassword } from "../../../src/features/ftp/logins.js";
import { shownName } from "../../../src/features/ftp/names.js";
import { expireLogins, purgeLogins, releaseLogin, removeLogin, restoreLogin } from "../../../src/features/ftp/removal.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { createScene, ED25519 } from "./scene.js";

const refused = (code: string, field?: string) => (error: unknown) => {
  assert.ok(isRefusal(error), String(error));
  assert.equal(error.code, code);
  if (field) assert.equal(error.fields[0]?.field, field);
  return true;
};

/** What `openssl passwd` makes of a password with the salt of a hash: another implementation's answer is below, in hashCrypt's own test. */
function crypt(password: string, hash: string): string {
  const [, , rounds = "", salt = ""] = hash.split("$");
  // perl's crypt is libxcrypt's: what Debian's ProFTPD calls.
  const script = "use utf8; my $p = do { local $/; <STDIN> }; print crypt($p, $ARGV[0]);";
  return execFileSync("perl", ["-e", script, `$6$${rounds}$${salt}$`], { input: password, encoding: "utf8" });
}

test("A password is hashed in the form that libxcrypt verifies, whatever its length", async () => {
  for (const password of ["a", "é".repeat(40), "x".repeat(63), "x".repeat(64), "x".repeat(128), "x".repeat(200), "quote'\"$`\\ and spaces "]) {
    const hash = await hashCrypt(new Secret(password));
    assert.match(hash, /^\$6\$rounds=20000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
    assert.equal(crypt(password, hash), hash, password);
    assert.notEqual(crypt(`${password}x`, hash), hash);
  }
  assert.notEqual(await hashCrypt(new Secret("same")), await hashCrypt(new Secret("same")));
  for (const password of ["", "two\nlines", "nul\0", "x".repeat(201)]) await assert.rejects(hashCrypt(new Secret(password)));
});

test("hashes wait for their turn, and a line of them has an end", async () => {
  const asked = await Promise.allSettled(Array.from({ length: 120 }, () => hashCrypt(new Secret("many at once"))));
  const refused = asked.filter((one) => one.status === "rejected" && isRefusal(one.reason) && one.reason.status === 429);
  assert.deepEqual([refused.length, asked.filter(({ status }) => status === "fulfilled").length], [18, 102]);
});

test("A login needs nothing but its account: name, password and the whole home are chosen", async (t) => {
  const { ctx, account, owner } = await createScene(t);
  const { login, password } = await addLogin(owner, { accountId: account.id });
  assert.equal(login.name, "club");
  assert.match(password?.reveal() ?? "", /^[a-z2-9]{4}(-[a-z2-9]{4}){4}$/);
  assert.equal(crypt(password?.reveal() ?? "", login.hash ?? ""), login.hash);
  assert.deepEqual([login.folder, login.enabled, login.readOnly, login.expiresAt, login.networks], ["", true, false, null, ""]);
  assert.equal((await addLogin(owner, { accountId: account.id })).login.name, "club_2");
  const units = await ctx.db.publishUnit.findMany({ where: { accountId: account.id, role: "ftp" } });
  assert.deepEqual(
    units.map(({ hostId, key, wanted }) => [hostId, key, wanted]),
    [[account.filesHostId, String(account.number), 2]],
  );
  const trail = JSON.stringify(await ctx.db.auditPayload.findMany());
  assert.ok(!trail.includes("$6$") && !trail.includes(password?.reveal() ?? "?"), "the trail tells a password");
});

test("Another account sees, changes and takes nothing", async (t) => {
  const { account, owner, neighbour, stranger } = await createScene(t);
  const { login } = await addLogin(owner, { accountId: account.id, key: ED25519 });
  const [key] = (await getLogin(owner, login.id)).keys;
  const unknown = refused("ftp.login_unknown");
  await assert.rejects(getLogin(stranger, login.id), unknown);
  await assert.rejects(getLogin(stranger, "club"), unknown);
  await assert.rejects(editLogin(stranger, login.id, { readOnly: true }), unknown);
  await assert.rejects(setPassword(stranger, login.id, undefined), unknown);
  await assert.rejects(dropPassword(stranger, login.id), unknown);
  await assert.rejects(addKey(stranger, login.id, { key: ED25519 }), unknown);
  await assert.rejects(removeKey(stranger, login.id, key?.id ?? ""), unknown);
  await assert.rejects(removeLogin(stranger, login.id), unknown);
  await assert.rejects(addLogin(stranger, { accountId: account.id }), refused("accounts.account_unknown"));
  await assert.rejects(addLogin(stranger, { accountId: neighbour.id, name: "club_2" }), refused("ftp.name_prefix", "name"));
  assert.equal((await listLogins(stranger)).total, 0);
});

test("Names: a word gets the account's prefix, a domain of the account is one, a neighbour's is not", async (t) => {
  const { ctx, account, owner } = await createScene(t);
  await addDomain(owner, { accountId: account.id, name: "club.test" });
  const add = async (name: string, as = owner) => (await addLogin(as, { accountId: account.id, name, password: "un chat sur le toit" })).login.name;
  assert.equal(await add("Marie"), "club_marie");
  assert.equal(await add("club_paul"), "club_paul");
  assert.equal(await add("club.test"), "club.test");
  assert.equal(await add("fete.club.test_guest"), "fete.club.test_guest");
  await assert.rejects(add("marie"), refused("ftp.name_taken", "name"));
  await assert.rejects(add("other.test"), refused("ftp.name_prefix", "name"));
  await assert.rejects(add("notclub.test"), refused("ftp.name_prefix", "name"));
  await assert.rejects(add("voisin_marie"), refused("ftp.name_prefix", "name"));
  await assert.rejects(add("club_"), refused("ftp.name_prefix", "name"));
  await assert.rejects(add("mutu-probe-2000"), refused("ftp.name_reserved", "name"));
  await assert.rejects(add("mutu-probe-2000", ctx), refused("ftp.name_reserved", "name"));
  // What AlternC wrote is imported as it was.
  assert.equal(await add("old_site@elsewhere.test", ctx), "old_site@elsewhere.test");
  for (const name of HOSTILE_STRINGS.filter((text) => text.trim() !== "")) {
    for (const who of [owner, ctx]) await assert.rejects(add(name, who), refused("ftp.name_invalid", "name"), JSON.stringify(name));
    await assert.rejects(add(`club_${name}x`), (error) => isRefusal(error) && error.fields[0]?.field === "name", JSON.stringify(name));
  }
});

test("An accented domain of the account may be typed as people read it; machines get its A-label, people both", async (t) => {
  const { account, owner, neighbour, stranger } = await createScene(t);
  await addDomain(owner, { accountId: account.id, name: "été.test" });
  await addDomain(stranger, { accountId: neighbour.id, name: "où.test" });
  const add = async (name: string, as = owner) => (await addLogin(as, { accountId: account.id, name, password: "un chat sur le toit" })).login.name;
  assert.equal(await add("été.test"), "xn--t-9fab.test");
  assert.equal(await add(" Fête.ÉTÉ.test_Marie "), "xn--fte-fma.xn--t-9fab.test_marie");
  // Decomposed letters, and the full stop of another keyboard, are the same name.
  await assert.rejects(add("e\u0301te\u0301\u3002test"), refused("ftp.name_taken", "name"));
  await assert.rejects(add("xn--t-9fab.test"), refused("ftp.name_taken", "name"));
  for (const foreign of ["où.test", "où.test_x", "xn--o-7ga.test_x"]) await assert.rejects(add(foreign), refused("ftp.name_prefix", "name"), foreign);
  for (const wrong of ["https://été.test", "été.test/", "été", "été_marie", "été.test_é", "été.test_", "é\u200bté.test", "xn--\u0430.test_x"])
    await assert.rejects(add(wrong), (error) => isRefusal(error) && error.fields[0]?.field === "name", wrong);
  assert.equal((await getLogin(owner, "fête.été.test_marie")).name, "xn--fte-fma.xn--t-9fab.test_marie");
  for (const q of ["fête", "xn--fte", "FÊTE.été.test_marie"]) assert.equal((await listLogins(owner, { q })).total, 1, q);
  assert.equal(shownName("xn--fte-fma.xn--t-9fab.test_marie"), "fête.été.test_marie");
  for (const plain of ["club", "club_marie", "club.test_xn--t-9fab", "old_site@elsewhere.test"]) assert.equal(shownName(plain), plain);
});

test("What is typed wrong is told at every field at once, and nothing is made", async (t) => {
  const { account, owner } = await createScene(t);
  const input = { accountId: account.id, folder: "../voisin", networks: "192.0.2.0/33", expiresOn: "2026-02-30", key: "ssh-rsa AAAA" };
  await assert.rejects(addLogin(owner, input), (error) => {
    assert.ok(isRefusal(error));
    assert.deepEqual(error.fields.map(({ field, code }) => [field, code]).sort(), [
      ["expiresOn", "ftp.day_invalid"],
      ["folder", "ftp.folder_invalid"],
      ["key", "ftp.key_invalid"],
      ["networks", "ftp.network_invalid"],
    ]);
    return true;
  });
  assert.equal((await listLogins(owner)).total, 0);
  for (const text of HOSTILE_STRINGS.filter((one) => one.trim() !== "")) {
    const add = (more: object) => addLogin(owner, { accountId: account.id, password: "un chat sur le toit", ...more });
    await assert.rejects(add({ networks: `192.0.2.1 ${text}x` }), refused("ftp.network_invalid", "networks"), JSON.stringify(text));
    await assert.rejects(add({ folder: `www/${text}/x` }), refused("ftp.folder_invalid", "folder"), JSON.stringify(text));
    await assert.rejects(add({ folder: `${text}..` }), refused("ftp.folder_invalid", "folder"), JSON.stringify(text));
  }
});

test("A chosen password is judged, one with a line end is refused, the old one ends", async (t) => {
  const { account, owner } = await createScene(t);
  const add = (password: string) => addLogin(owner, { accountId: account.id, password });
  await assert.rejects(add("court"), refused("auth.password_short", "password"));
  await assert.rejects(add("azertyazerty"), refused("auth.password_common", "password"));
  await assert.rejects(add("deux lignes\nsoudain"), refused("ftp.password_control", "password"));
  await assert.rejects(add("é".repeat(101)), refused("ftp.password_long", "password"));
  const { login, password } = await add("un chat sur le toit");
  assert.equal(password, null);
  assert.equal(crypt("un chat sur le toit", login.hash ?? ""), login.hash);
  const renewed = await setPassword(owner, login.id, undefined);
  assert.notEqual(crypt("un chat sur le toit", renewed.login.hash ?? ""), renewed.login.hash);
  assert.equal(crypt(renewed.password?.reveal() ?? "", renewed.login.hash ?? ""), renewed.login.hash);
});

test("Keys open beside the password or instead of it; the last thing that opens stays", async (t) => {
  const { account, owner } = await createScene(t);
  await assert.rejects(addLogin(owner, { accountId: account.id, keysOnly: true }), refused("ftp.key_needed", "key"));
  const { login, password } = await addLogin(owner, { accountId: account.id, keysOnly: true, key: `restrict ${ED25519} marie@bureau` });
  assert.equal(password, null);
  const shown = await getLogin(owner, login.id);
  assert.equal(shown.hash, null);
  const [key] = shown.keys;
  assert.deepEqual([`${key?.type} ${key?.blob}`, key?.label], [ED25519, "marie@bureau"]);
  await assert.rejects(removeKey(owner, login.id, key?.id ?? ""), refused("ftp.nothing_opens"));
  await assert.rejects(addKey(owner, login.id, { key: ED25519 }), refused("ftp.key_known", "key"));
  await setPassword(owner, login.id, undefined);
  await removeKey(owner, login.id, key?.fingerprint ?? "");
  await assert.rejects(dropPassword(owner, login.id), refused("ftp.nothing_opens"));
});

test("Two who fill the last place of the plan at once: one is told that it is full", async (t) => {
  const { account, owner } = await createScene(t, { plan: { maxFtpLogins: 2 } });
  await addLogin(owner, { accountId: account.id });
  const both = await Promise.allSettled([addLogin(owner, { accountId: account.id }), addLogin(owner, { accountId: account.id })]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal((await listLogins(owner)).total, 2);
});

test("Into the bin and out of it, with everything; the name is kept, then free", async (t) => {
  const { ctx, account, owner } = await createScene(t);
  const { login } = await addLogin(owner, { accountId: account.id, name: "marie", key: ED25519 });
  await removeLogin(owner, "club_marie");
  await assert.rejects(editLogin(owner, login.id, { readOnly: true }), refused("ftp.in_bin"));
  await assert.rejects(addLogin(owner, { accountId: account.id, name: "marie" }), refused("ftp.name_in_bin", "name"));
  const back = await restoreLogin(owner, login.id);
  assert.equal(back.hash, login.hash);
  assert.equal((await getLogin(owner, login.id)).keys.length, 1);
  await assert.rejects(releaseLogin(owner, login.id), refused("ftp.not_in_bin"));
  await removeLogin(owner, login.id);
  ctx.clock.advance(29 * 86_400);
  assert.equal(await purgeLogins(ctx), 0);
  ctx.clock.advance(2 * 86_400);
  assert.equal(await purgeLogins(ctx), 1);
  assert.equal((await addLogin(owner, { accountId: account.id, name: "marie" })).login.name, "club_marie");
});

test("An end comes by itself, once, and can be moved", async (t) => {
  const { ctx, account, owner } = await createScene(t);
  const { login } = await addLogin(owner, { accountId: account.id, days: 30 });
  const wanted = async () => (await ctx.db.publishUnit.findFirstOrThrow({ where: { accountId: account.id, role: "ftp" } })).wanted;
  const before = await wanted();
  assert.equal(await expireLogins(ctx), 0);
  ctx.clock.advance(30 * 86_400);
  assert.equal(await expireLogins(ctx), 1);
  assert.equal(await expireLogins(ctx), 0);
  assert.equal(await wanted(), before + 1);
  const kept = await editLogin(owner, login.id, { note: "Marie" });
  assert.equal(kept.expired, true);
  const today = ctx.clock.now().toISOString().slice(0, 10);
  const moved = await editLogin(owner, login.id, { expiresOn: today });
  assert.deepEqual([moved.expired, moved.expiresAt?.toISOString()], [false, `${today}T23:59:59.000Z`]);
  await assert.rejects(editLogin(owner, login.id, { expiresOn: "2026-01-01" }), refused("ftp.day_past", "expiresOn"));
  assert.equal((await editLogin(owner, login.id, { days: null })).expiresAt, null);
});

test("What was changed meanwhile is not overwritten; a purged account takes its logins along", async (t) => {
  const { ctx, account, owner } = await createScene(t);
  const { login } = await addLogin(owner, { accountId: account.id });
  await editLogin(owner, login.id, { readOnly: true, version: login.version });
  await assert.rejects(editLogin(owner, login.id, { readOnly: false, version: login.version }), refused("ftp.changed_meanwhile"));
  await removeAccount(ctx, account.id, 5);
  await assert.rejects(editLogin(ctx, login.id, { readOnly: false }), refused("accounts.in_bin"));
  ctx.clock.advance(6 * 86_400);
  await purgeAccounts(ctx);
  assert.equal(await ctx.db.ftpLogin.count(), 0);
});
