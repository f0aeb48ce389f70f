/** Every route of the whole application: as nobody, with a stranger's objects, with each verb. Routes are found, not listed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalOf } from "../../src/core/http/access.js";
import { buildTestApp, type TestApp, type TestUser } from "../support/app.js";
import { allowTestNames, createAccount } from "../support/factories.js";
import { readSamples, type SampleScene } from "../support/samples.js";
import type { TestBrowser } from "../support/visitor.js";

const VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const parametersOf = (url: string) => [...url.matchAll(/:([a-z]+)/gi)].map(([, name]) => name ?? "");
const isApi = (url: string) => url.startsWith("/api/v1");

test("every route", { timeout: 300_000 }, async (t) => {
  const app: TestApp = await buildTestApp(t);
  const routes = app.routes.filter(({ url }) => url !== "/public/*");
  const samples = await readSamples();
  const ctx = app.ctx();
  await allowTestNames(ctx);
  const { host } = await createAccount(ctx);
  const join = async (login: string) => {
    const account = await createAccount(ctx, { host, login: `asso-${login}` });
    const user = await app.createUser(login);
    await app.database.client.membership.create({ data: { userId: user.id, accountId: account.id, role: "owner" } });
    return { account, user };
  };
  const stranger = await join("stranger");
  const scene: SampleScene = { app, ctx, account: stranger.account, owner: stranger.user };
  const member: TestUser = (await join("member")).user;
  const browser: TestBrowser = await app.as(member);
  const csrf = await browser.csrf("/profile");

  const made = new Map<string, string>();

  /** Puts the stranger's objects where the address names objects; one of each, which nothing here may change. */
  async function foreignUrl(url: string): Promise<string> {
    let filled = url;
    for (const name of parametersOf(url)) {
      const make = samples[name];
      assert.ok(make, `no sample of ":${name}" (in ${url}): add it to test/features/<feature>/samples.ts`);
      const id = made.get(name) ?? (await make(scene));
      made.set(name, id);
      filled = filled.replace(`:${name}`, encodeURIComponent(id));
    }
    return filled;
  }

  const withoutParameters = (url: string) => url.replaceAll(/:[a-z]+/gi, "0193a1b2-0000-7000-8000-000000000000");

  await t.test("the application has routes, pages and API", () => {
    assert.ok(routes.filter(({ url }) => isApi(url)).length > 10, "API");
    assert.ok(routes.filter(({ url }) => !isApi(url)).length > 20, "pages");
  });

  await t.test("nobody gets in, whatever the verb", async () => {
    for (const { method, url, access } of routes) {
      if (access === "public") continue;
      const answer = await app.visitor().send(method, withoutParameters(url), { headers: { origin: "https://panel.test" } });
      const where = `${method} ${url}`;
      if (isApi(url)) {
        assert.equal(answer.statusCode, 401, where);
        continue;
      }
      assert.equal(answer.statusCode, 303, where);
      assert.match(String(answer.headers.location), /^\/login(\?next=|$)/, where);
    }
  });

  await t.test("a verb that a page or an object does not have is no way around: never 2xx", async () => {
    const known = new Set(routes.map(({ method, url }) => `${method} ${url}`));
    for (const url of new Set(routes.map((route) => route.url))) {
      for (const verb of VERBS) {
        if (known.has(`${verb} ${url}`)) continue;
        for (const who of [app.visitor(), browser]) {
          const answer = await who.send(verb, withoutParameters(url), { headers: { origin: "https://panel.test", "x-csrf-token": csrf } });
          // Where another pattern takes the address, nobody is led to the login page.
          const toLogin = answer.statusCode === 303 && String(answer.headers.location).startsWith("/login");
          assert.ok(toLogin || (answer.statusCode >= 400 && answer.statusCode < 500), `${verb} ${url} answered ${answer.statusCode}`);
        }
      }
    }
  });

  await t.test("no verb but GET goes through without a token, whoever asks", async () => {
    for (const { method, url, access } of routes) {
      if (["GET", "HEAD"].includes(method)) continue;
      const answer = await browser.send(method, withoutParameters(url), { headers: { origin: "https://panel.test" } });
      const refused = access === "admin" ? [403, 404] : [403];
      assert.ok(refused.includes(answer.statusCode), `${method} ${url} answered ${answer.statusCode}`);
    }
  });

  await t.test("administration does not exist for members", async () => {
    const admin = routes.filter(({ access }) => access === "admin");
    assert.ok(admin.length > 10);
    for (const { method, url } of admin) {
      const answer = await send(method, withoutParameters(url), undefined);
      assert.equal(answer.statusCode, 404, `${method} ${url}`);
    }
  });

  await t.test("a stranger's objects do not exist", async () => {
    const actor = {
      kind: "user" as const,
      userId: member.id,
      login: member.login,
      admin: false,
      address: "",
      memberships: new Map([["own", "owner" as const]]),
    };
    let seen = 0;
    for (const { method, url, access, body } of routes) {
      if (parametersOf(url).length === 0 || access === "public") continue;
      const address = await foreignUrl(url);
      const answer = await send(method, address, body);
      // A right that the role lacks is refused before the object is looked at, so it tells nothing of it.
      const expected = refusalOf(actor, access)?.status ?? 404;
      assert.equal(answer.statusCode, expected, `${method} ${address}: ${answer.body.slice(0, 300)}`);
      seen += 1;
    }
    assert.ok(seen > 20, `only ${seen} routes name objects`);
  });

  await t.test("every verb of the API names the fields of its answer", () => {
    const document = app.app.swagger() as { paths: Record<string, Record<string, { responses?: Record<string, unknown> }>> };
    const operations = Object.entries(document.paths).flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })));
    assert.ok(operations.length > 10);
    for (const { path, verb, operation } of operations) assert.ok(Object.keys(operation.responses ?? {}).length > 1, `${verb} ${path}`);
  });

  /** Sends what the route's schema asks for, with all proofs of a true browser. */
  async function send(method: string, url: string, schema: unknown) {
    if (method === "GET" || method === "HEAD") return browser.get(url);
    if (!isApi(url)) return browser.post(url, {}, csrf);
    const headers = { origin: "https://panel.test", "x-csrf-token": csrf, ...(schema !== undefined && { "content-type": "application/json" }) };
    return browser.send(method, url, { headers, ...(schema !== undefined && { payload: JSON.stringify(sampleOf(schema as Schema)) }) });
  }
});

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  format?: string;
  minLength?: number;
  minimum?: number;
}

/** Makes a value that a schema accepts, so that a refusal comes from the rule and not from the shape. */
function sampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return sampleOf(schema.anyOf[0]);
  if (schema.type === "object") return Object.fromEntries((schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]));
  if (schema.type === "array") return [];
  if (schema.type === "boolean") return true;
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 1;
  if (schema.format === "email") return "someone@example.org";
  return "a".repeat(Math.max(3, schema.minLength ?? 0));
}
