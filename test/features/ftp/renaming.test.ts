/** Names of logins when their domain passes to another account, and when their people want another one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "../../../src/core/errors.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { ftpJobs } from "../../../src/features/ftp/jobs.js";
import { addLogin, editLogin, getLogin } from "../../../src/features/ftp/logins.js";
import { NAME_DAYS } from "../../../src/features/ftp/naming.js";
import { renameAsked, renameLogin } from "../../../src/features/ftp/renaming.js";
import { acceptOffer, countTransfer, giveDomain, offerDomain, undoMove } from "../../../src/features/transfers/offers.js";
import { joinAccount } from "../../support/factories.js";
import { createScene } from "../transfers/scene.js";

const refused = (code: string) => (error: unknown) => {
  assert.ok(isRefusal(error), String(error));
  assert.equal(error.code, code);
  return true;
};
const password = "un chat sur le toit";
const DAY = 86_400;

/** A domain of the giver's with a login named by it, one below it, and one by the account alone; then it is the taker's. */
async function moveNamed(t: Parameters<typeof createScene>[0]) {
  const scene = await createScene(t);
  const { giver, taker, asGiver, asTaker } = scene;
  await addDomain(asGiver, { accountId: giver.id, name: "été.test" });
  const add = async (name: string) => (await addLogin(asGiver, { accountId: giver.id, name, password })).login;
  const [named, below, own] = [await add("été.test_marie"), await add("fête.été.test"), await add("paul")];
  const counts = await countTransfer(asGiver, "été.test", "taker");
  const offer = await offerDomain(asGiver, "été.test", { to: "taker" });
  await acceptOffer(asTaker, offer.id);
  const want = (name: string) => addLogin(asTaker, { accountId: taker.id, name, password });
  return { ...scene, named, below, own, counts, offer, want };
}

test("The preview and the confirmation of a move say how many logins keep a name of the domain, and for how long", async (t) => {
  const { app, ctx, giver, taker, asGiver } = await createScene(t);
  await addDomain(asGiver, { accountId: giver.id, name: "club.test" });
  await addLogin(asGiver, { accountId: giver.id, name: "club.test_a", password });
  await addLogin(asGiver, { accountId: giver.id, name: "club.test_b", password });
  await addLogin(asGiver, { accountId: giver.id, name: "club", password });
  await joinAccount(ctx, giver, await app.createUser("gina"));
  await joinAccount(ctx, taker, await app.createUser("theo"));
  const gina = await app.as("gina");
  const domain = await ctx.db.domain.findUniqueOrThrow({ where: { name: "club.test" } });
  const says = new RegExp(`Stays[\\s\\S]*2 FTP accounts named by this domain[^<]*${NAME_DAYS} days later`);
  assert.match((await gina.get(`/domains/${domain.id}/transfer`)).body, says);
  const { id } = await offerDomain(asGiver, domain.id, { to: "taker" });
  assert.match((await (await app.as("theo")).get(`/domains/transfers/offers/${id}`)).body, says);
  // A domain of their own below gives them the right to their name still.
  await addDomain(asGiver, { accountId: giver.id, name: "fete.club.test" });
  await addLogin(asGiver, { accountId: giver.id, name: "fete.club.test", password });
  assert.deepEqual(
    (await countTransfer(asGiver, "club.test", "taker")).filter(({ key }) => key === "ftp_names").map(({ what, count }) => [what, count]),
    [["stays", 2]],
  );
});

test("Logins stay as they are until the new holder wants a name; then it is free after its days, and theirs lives on under another", async (t) => {
  const { app, ctx, giver, taker, asGiver, named, below, own, counts, want } = await moveNamed(t);
  assert.deepEqual(
    counts.find(({ key }) => key === "ftp_names"),
    { what: "stays", key: "ftp_names", count: 2 },
  );
  const untilOf = async (id: string) => (await ctx.db.ftpLogin.findUniqueOrThrow({ where: { id } })).nameUntil;
  for (const { id } of [named, below, own]) assert.equal(await untilOf(id), null);

  const first = app.clock.now();
  await assert.rejects(want("été.test_marie"), (error) => {
    assert.ok(refused("ftp.name_leaving")(error) && isRefusal(error));
    assert.deepEqual(error.fields[0]?.data, { name: "été.test_marie", day: new Date(first.getTime() + NAME_DAYS * DAY * 1000).toISOString().slice(0, 10) });
    return true;
  });
  assert.equal(await untilOf(below.id), null, "only what was asked for");
  // Asking again does not begin anew, and nobody else may ask.
  app.clock.advance(10 * DAY);
  await assert.rejects(want("été.test_marie"), refused("ftp.name_leaving"));
  assert.equal((await untilOf(named.id))?.getTime(), first.getTime() + NAME_DAYS * DAY * 1000);
  await assert.rejects(addLogin(asGiver, { accountId: giver.id, name: "été.test_neu", password }), refused("ftp.name_prefix"));

  // Its people read it.
  await joinAccount(ctx, giver, await app.createUser("gina"));
  const gina = await app.as("gina");
  assert.match((await gina.get(`/ftp-logins/${named.id}`)).body, /This name is wanted[\s\S]*the name becomes giver_marie/);
  assert.match((await gina.get("/ftp-logins")).body, /été\.test_marie[\s\S]*name wanted/);
  const history = (await gina.get("/history")).body;
  assert.match(history, /asks for the name of the FTP account/);

  app.clock.advance((NAME_DAYS - 10) * DAY - 1);
  assert.equal(await renameAsked(ctx), 0);
  app.clock.advance(1);
  assert.equal(await renameAsked(ctx), 1);
  const renamed = await ctx.db.ftpLogin.findUniqueOrThrow({ where: { id: named.id } });
  assert.deepEqual([renamed.name, renamed.hash, renamed.accountId, renamed.nameUntil], ["giver_marie", named.hash, giver.id, null]);
  const { login } = await want("été.test_marie");
  assert.deepEqual([login.name, login.accountId], [named.name, taker.id]);
});

test("A neighbour without the domain starts no countdown, nor does who shares the right with its holder", async (t) => {
  const { ctx, asGiver, giver, stranger, named } = await moveNamed(t);
  const other = await ctx.db.account.findUniqueOrThrow({ where: { login: "other" } });
  await assert.rejects(addLogin(stranger, { accountId: other.id, name: "été.test_marie", password }), refused("ftp.name_prefix"));
  assert.equal((await getLogin(asGiver, named.id)).nameUntil, null);
  // A name by the account's own login is nobody else's, whatever domain somebody has.
  await assert.rejects(addLogin(asGiver, { accountId: giver.id, name: "paul", password }), refused("ftp.name_taken"));
});

test("When the domain comes back, the name is theirs again", async (t) => {
  const { asGiver, asTaker, named, offer, want } = await moveNamed(t);
  await assert.rejects(want("été.test_marie"), refused("ftp.name_leaving"));
  assert.ok((await getLogin(asGiver, named.id)).nameUntil);
  await undoMove(asTaker, offer.id);
  assert.equal((await getLogin(asGiver, named.id)).nameUntil, null);
});

test("A login is renamed at once by its people: page, API, command's act; its old name is free, its version counts", async (t) => {
  const { app, ctx, giver, asGiver, asTaker, named, below, own, want } = await moveNamed(t);
  await joinAccount(ctx, giver, await app.createUser("gina"));
  await joinAccount(ctx, giver, await app.createUser("rita"), "reader");
  const gina = await app.as("gina");
  await assert.rejects(want("été.test_marie"), refused("ftp.name_leaving"));
  const page = `/ftp-logins/${named.id}`;
  assert.equal((await gina.submit(page, `${page}/name`, { name: "marie" })).statusCode, 303);
  const now = await getLogin(asGiver, named.id);
  assert.deepEqual([now.name, now.nameUntil, now.search.includes("giver_marie"), now.version], ["giver_marie", null, true, named.version + 1]);
  assert.equal((await want("été.test_marie")).login.name, named.name);
  const taken = await gina.submit(page, `${page}/name`, { name: "paul" });
  assert.ok(taken.statusCode === 409 && taken.body.includes('id="field-name-error"') && taken.body.includes('value="paul"'));
  assert.equal((await (await app.as("rita")).get(page)).body.includes(`${page}/name`), false);
  await assert.rejects(renameLogin(asTaker, own.id, { name: "x" }), refused("ftp.login_unknown"));
  await assert.rejects(renameLogin(asGiver, below.id, { name: "été.test_other" }), refused("ftp.name_prefix"));
  await editLogin(asGiver, own.id, { note: "Paul" });
  await renameLogin(asGiver, own.id, { name: "Paulette" });
  assert.equal((await getLogin(asGiver, "giver_paulette")).note, "Paul");
});

test("An administrator's move leaves a name by an account's own login alone, and gives the next free one", async (t) => {
  const { app, ctx, giver, asGiver, asTaker, taker } = await createScene(t);
  await addDomain(asGiver, { accountId: giver.id, name: "club.test" });
  for (const name of ["club.test", "club.test_2", "giver", "giver_2"]) await addLogin(asGiver, { accountId: giver.id, name, password });
  await giveDomain(ctx, "club.test", { to: "taker" });
  for (const name of ["club.test", "club.test_2"])
    await assert.rejects(addLogin(asTaker, { accountId: taker.id, name, password }), refused("ftp.name_leaving"));
  app.clock.advance(NAME_DAYS * DAY);
  assert.equal(await renameAsked(ctx), 2);
  const names = await ctx.db.ftpLogin.findMany({ where: { accountId: giver.id }, orderBy: { name: "asc" }, select: { name: true } });
  assert.deepEqual(
    names.map(({ name }) => name),
    ["giver", "giver_2", "giver_2_2", "giver_3"],
  );
});

test("Owners and webmasters get one letter when the name is asked for, and one when it has gone; none without a relay", async (t) => {
  const { app, ctx, giver, named, want } = await moveNamed(t);
  await joinAccount(ctx, giver, await app.createUser("gina", { locale: "fr" }));
  await joinAccount(ctx, giver, await app.createUser("walt"), "webmaster");
  await joinAccount(ctx, giver, await app.createUser("rita"), "reader");
  await assert.rejects(want("été.test_marie"), refused("ftp.name_leaving"));
  const { nameUntil } = await ctx.db.ftpLogin.findUniqueOrThrow({ where: { id: named.id } });
  const day = nameUntil?.toISOString().slice(0, 10) ?? "?";
  const job = ftpJobs.find(({ name }) => name === "ftp.rename");
  const env = { ...app.services.env, extra: (name: string) => (name === "MUTU_SMTP_URL" ? "smtp://127.0.0.1:9" : null) };
  const run = async (services: typeof app.services) => job?.run(ctx, services);
  const letters = () => ctx.db.outgoingMail.findMany({ orderBy: [{ createdAt: "asc" }, { recipient: "asc" }] });
  await run(app.services);
  assert.deepEqual(await letters(), []);
  for (let hour = 0; hour < 3; hour += 1) await run({ ...app.services, env });
  const first = await letters();
  assert.deepEqual(
    first.map(({ recipient, subject }) => [recipient, subject]),
    [
      ["gina@example.org", "Le nom du compte FTP été.test_marie est demandé"],
      ["walt@example.org", "Le nom du compte FTP été.test_marie est demandé / The name of the FTP account été.test_marie is wanted"],
    ],
  );
  for (const part of [day, "giver_marie", `${env.origin}/ftp-logins/${named.id}`]) assert.ok(first[0]?.text.includes(part), part);
  app.clock.advance(NAME_DAYS * DAY);
  for (let hour = 0; hour < 2; hour += 1) await run({ ...app.services, env });
  const last = await letters();
  assert.deepEqual(
    last.map(({ recipient }) => recipient),
    ["gina@example.org", "walt@example.org"],
  );
  assert.ok(!last.some(({ purpose }) => purpose.startsWith("ftp:asked")), "what announced it and never left is taken back");
  assert.match(last[0]?.subject ?? "", /été\.test_marie s’appelle maintenant giver_marie/);
});
