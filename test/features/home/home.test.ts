import assert from "node:assert/strict";
import { test } from "node:test";
import type { Feature, HomeCardContent } from "../../../src/core/feature.js";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { worse } from "../../../src/features/home/cards.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { changeSettings } from "../../../src/features/home/settings.js";
import { buildTestApp } from "../../support/app.js";

/** A feature with two accounts for everyone, and a card that tells which account it was asked for. */
function accountsWithCard(state: HomeCardContent["state"] = "verified"): Feature {
  return {
    name: "fake",
    permissions: { "fake.read": ["owner"] },
    memberships: {
      of: async () => [
        { accountId: "a1", name: "Les Amis", role: "owner" },
        { accountId: "a2", name: "La Fanfare", role: "reader" },
      ],
    },
    homeCards: [
      {
        audience: "member",
        position: 1,
        permission: "fake.read",
        view: "errors/error",
        load: async (_ctx, accountId) => ({
          data: { icon: "home", title: `card of ${accountId ?? "all"}` },
          state,
        }),
      },
      {
        audience: "admin",
        position: 1,
        view: "errors/error",
        load: async () => null,
      },
    ],
  };
}

test("home says the worst of its cards first, and nothing when there is nothing to say", async (t) => {
  for (const [state, sentence] of [
    ["verified", "Everything is all right"],
    ["waiting", "Changes are on their way"],
    ["failed", "Something needs your attention"],
  ] as const) {
    const app = await buildTestApp(t, {
      features: [auth, accountsWithCard(state), home],
    });
    await app.createUser("jeanne");
    const page = await (await app.as("jeanne")).get("/");
    assert.match(page.body, new RegExp(sentence));
    assert.match(page.body, /card of all/);
  }
  const bare = await buildTestApp(t, { features: [auth, home] });
  await bare.createUser("jeanne");
  const empty = await (await bare.as("jeanne")).get("/");
  assert.match(empty.body, /Nothing here yet/);
  assert.doesNotMatch(empty.body, /Everything is all right/);
  assert.equal(worse("waiting", "failed"), "failed");
  assert.equal(worse("held", "published"), "held");
});

test("who has several accounts chooses the one shown, and only among their own", async (t) => {
  const app = await buildTestApp(t, {
    features: [auth, accountsWithCard(), home],
  });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  assert.match((await browser.get("/")).body, /<option value="a1">Les Amis<\/option>/);
  const chosen = await browser.submit("/", "/account/switch", {
    account: "a1",
    back: "/",
  });
  assert.equal(chosen.statusCode, 303);
  const page = await browser.get("/");
  assert.match(page.body, /card of a1/);
  assert.match(page.body, /<option value="a1" selected>/);
  await browser.submit("/", "/account/switch", { account: "somebody-elses" });
  assert.match((await browser.get("/")).body, /card of all/);
});

test("administrators set where the mail door leads: a whole https address, or none", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  await app.createUser("boss", { admin: true });
  const admin = await app.as("boss");
  for (const webmailUrl of ["webmail.example.org", "http://webmail.example.org/", "javascript:alert(1)", "https://user:pass@webmail.example.org/"]) {
    const refused = await admin.submit("/settings", "/settings", {
      webmailUrl,
    });
    assert.equal(refused.statusCode, 422, webmailUrl);
    assert.match(refused.body, /Type a whole address that begins with https/);
  }
  assert.equal(
    (
      await admin.submit("/settings", "/settings", {
        webmailUrl: "https://webmail.example.org",
      })
    ).statusCode,
    303,
  );
  const landing = await app.visitor().get("/");
  assert.match(landing.body, /href="https:\/\/webmail\.example\.org\/"/);
  assert.match(landing.body, /You will go to webmail\.example\.org/);
  assert.equal((await admin.api("PUT", "/api/v1/settings", { webmailUrl: null })).statusCode, 200);
  assert.match((await app.visitor().get("/")).body, /No webmail has been set up here yet/);
  await assert.rejects(
    changeSettings(app.ctx({ kind: "nobody", address: "" }), {
      webmailUrl: null,
    }),
    { status: 404 },
  );
});

test("the words of the former panel are found, in both languages, and no default password is told", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  for (const language of ["fr", "en"]) {
    const { body } = await app.visitor({ language }).get("/");
    assert.match(body, /bureau/);
    assert.match(body, new RegExp(`<html lang="${language}"`));
  }
  assert.equal(await app.database.client.user.count(), 0);
});

test("a visitor's language is kept, and a person's own wins over it", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  await app.createUser("jeanne", { locale: "en" });
  const visitor = app.visitor({ language: "de" });
  assert.match((await visitor.get("/")).body, /<html lang="fr"/, "the machine's language");
  const answer = await visitor.submit("/", "/language", {
    locale: "en",
    back: "/login",
  });
  assert.equal(answer.headers.location, "/login");
  assert.match((await visitor.get("/")).body, /<html lang="en"/);
  const jeanne = await app.as("jeanne");
  await jeanne.submit("/", "/language", { locale: "fr", back: "/" });
  assert.match((await jeanne.get("/")).body, /<html lang="fr"/);
  assert.match((await (await app.as("jeanne")).get("/")).body, /<html lang="fr"/, "also in another browser");
});
