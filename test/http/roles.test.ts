/** Every route that changes something, as each role that may only read, and every route with what no form sends. Routes are found, not listed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MembershipRole } from "../../src/core/context.js";
import { rolesWith } from "../../src/core/ownership.js";
import { buildTestApp, type TestUser } from "../support/app.js";
import { allowTestNames, createAccount, joinAccount } from "../support/factories.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { readSamples } from "../support/samples.js";

const ROLES: MembershipRole[] = ["owner", "webmaster", "mail", "reader"];
const parametersOf = (url: string) => [...url.matchAll(/:([a-z]+)/gi)].map(([, name]) => name ?? "");
const isApi = (url: string) => url.startsWith("/api/v1");

test("every route, as those whose role does not reach", { timeout: 300_000 }, async (t) => {
  const app = await buildTestApp(t);
  const ctx = app.ctx();
  await allowTestNames(ctx);
  const account = await createAccount(ctx);
  const samples = await readSamples();
  const owner: TestUser = await app.createUser("owner");
  await joinAccount(ctx, account, owner);
  const scene = { app, ctx, account, owner };
  const made = new Map<string, string>();
  const urlOf = async (url: string) => {
    let filled = url;
    for (const name of parametersOf(url)) {
      const id = made.get(name) ?? (await samples[name]?.(scene)) ?? "";
      made.set(name, id);
      filled = filled.replace(`:${name}`, encodeURIComponent(id));
    }
    return filled;
  };

  let seen = 0;
  for (const role of ROLES) {
    const user = await app.createUser(`role-${role}`);
    await joinAccount(ctx, account, user, role);
    const browser = await app.as(user);
    const csrf = await browser.csrf("/profile");
    for (const { method, url, access } of app.routes) {
      if (typeof access !== "object" || rolesWith(access.permission).includes(role)) continue;
      const headers = { origin: "https://panel.test", "x-csrf-token": csrf };
      const answer = await browser.send(method, await urlOf(url), { headers });
      assert.equal(answer.statusCode, 403, `${method} ${url} as ${role}`);
      seen += 1;
    }
  }
  assert.ok(seen > 20, `only ${seen} routes are closed to a role`);

  await t.test("a route that changes something wants a right to write, not to read", () => {
    const readers = app.routes.filter(
      ({ method, access }) => !["GET", "HEAD"].includes(method) && typeof access === "object" && rolesWith(access.permission).includes("reader"),
    );
    assert.deepEqual(
      readers.map(({ method, url }) => `${method} ${url}`),
      [],
    );
  });

  await t.test("hostile words in addresses, queries, forms and bodies break nothing", async () => {
    const admin = await app.createUser("root", { admin: true });
    await joinAccount(ctx, account, admin);
    const browser = await app.as(admin);
    const csrf = await browser.csrf("/profile");
    const headers = { origin: "https://panel.test", "x-csrf-token": csrf };
    const broken = new Map<string, string>();
    const words = [...HOSTILE_STRINGS, "__proto__", "constructor", "toString"];
    for (const { method, url } of app.routes) {
      if (/public|stream|events/.test(url) || url === "/logout") continue;
      for (const [index, word] of words.entries()) {
        // Each route meets a few of the words, all words meet many routes.
        if ((index + url.length) % 9 !== 0) continue;
        const at = url.replaceAll(/:[a-z]+/gi, encodeURIComponent(word).slice(0, 90));
        const query = `?q=${encodeURIComponent(word)}&q=2&page=${encodeURIComponent(word)}&account=${encodeURIComponent(word)}&account=x&host=1&host=2&__proto__=1`;
        const bodies = ["GET", "HEAD"].includes(method) ? [undefined] : isApi(url) ? jsonBodies(word) : formBodies(word);
        for (const body of bodies) {
          const type = isApi(url) ? "application/json" : "application/x-www-form-urlencoded";
          const answer = await browser.send(method, at + query, {
            headers: { ...headers, ...(body && { "content-type": type }) },
            ...(body && { payload: body }),
          });
          if (answer.statusCode >= 500) broken.set(`${method} ${url}`, `${at}${query} with ${body ?? "nothing"}`);
        }
      }
    }
    assert.deepEqual(Object.fromEntries(broken), {});
  });
});

const FIELDS = [
  "login",
  "name",
  "email",
  "address",
  "folder",
  "target",
  "proxyTarget",
  "origin",
  "account",
  "accountId",
  "locale",
  "reason",
  "days",
  "roles",
  "version",
];

function formBodies(word: string): string[] {
  const one = new URLSearchParams(FIELDS.map((name) => [name, word]));
  const twice = new URLSearchParams(
    FIELDS.flatMap((name) => [
      [name, word],
      [name, "2"],
    ]),
  );
  return [one.toString(), `${twice}&__proto__[admin]=1&constructor=1`];
}

function jsonBodies(word: string): string[] {
  const flat = Object.fromEntries(FIELDS.map((name) => [name, word]));
  const deep = Object.fromEntries(FIELDS.map((name) => [name, { [word]: [word, null, { in: [word] }] }]));
  return [JSON.stringify(flat), JSON.stringify(deep), JSON.stringify([word]), "null", `{"__proto__":{"admin":true}}`];
}
