import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp, TEST_PASSWORD } from "../support/app.js";

const features = [auth, home];

test("pages, errors and JSON carry a policy without inline code, and are not framed nor kept", async (t) => {
  const app = await buildTestApp(t, { features });
  for (const url of ["/", "/nowhere", "/api/v1/profile", "/login"]) {
    const { headers, body } = await app.visitor().get(url);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/, url);
    assert.match(policy, /script-src 'self'(;|$)/, url);
    assert.match(policy, /style-src 'self'(;|$)/, url);
    assert.match(policy, /frame-ancestors 'none'/, url);
    assert.doesNotMatch(policy, /unsafe|\*/, url);
    assert.equal(headers["x-content-type-options"], "nosniff", url);
    assert.equal(headers["referrer-policy"], "same-origin", url);
    assert.doesNotMatch(body, /<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/i, url);
  }
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  for (const url of ["/", "/nowhere", "/profile", "/api/v1/profile", "/api/v1/profile/tokens", "/api/v1/nowhere"]) {
    for (const who of [app.visitor(), browser]) assert.equal((await who.get(url)).headers["cache-control"], "no-store", url);
  }
});

test("files of public/ may be kept for ever, nothing outside is served", async (t) => {
  const app = await buildTestApp(t, { features });
  const page = await app.visitor().get("/");
  const address = /href="(\/public\/css\/mutu\.css[^"]+)"/.exec(page.body)?.[1]?.replace("&#x3D;", "=") ?? "";
  const file = await app.visitor().get(address);
  assert.equal(file.statusCode, 200);
  assert.match(String(file.headers["cache-control"]), /immutable/);
  for (const path of ["/public/../package.json", "/public/%2e%2e/package.json", "/public/..%2fpackage.json", "/public/", "/public/css"]) {
    const answer = await app.visitor().get(path);
    assert.ok(answer.statusCode >= 400, `${path} answered ${answer.statusCode}`);
    assert.doesNotMatch(answer.body, /"dependencies"/);
  }
});

test("an address in X-Forwarded-For counts only when a configured proxy says it", async (t) => {
  const forwarded = { "x-forwarded-for": "203.0.113.66" };
  for (const [trustedProxies, expected] of [
    [[], "127.0.0.1"],
    [["192.0.2.1"], "127.0.0.1"],
    [["127.0.0.1"], "203.0.113.66"],
  ] as const) {
    const app = await buildTestApp(t, { features, env: { trustedProxies: [...trustedProxies] } });
    const visitor = app.visitor();
    await visitor.post("/login", { login: "nobody", password: "x" }, await visitor.csrf("/"), forwarded);
    const [entry] = await app.database.client.auditPayload.findMany();
    assert.equal((JSON.parse(entry?.payload ?? "{}") as { address: string }).address, expected);
  }
});

test("a guesser cannot get a fresh count by inventing addresses", async (t) => {
  const app = await buildTestApp(t, { features, env: { trustedProxies: [] } });
  await app.createUser("jeanne");
  const visitor = app.visitor();
  const token = await visitor.csrf("/");
  const guess = (address: string, password: string) => visitor.post("/login", { login: "jeanne", password }, token, { "x-forwarded-for": address });
  for (let number = 0; number < 5; number += 1) assert.equal((await guess(`203.0.113.${number}`, "wrong")).statusCode, 422);
  assert.equal((await guess("203.0.113.99", TEST_PASSWORD)).statusCode, 429);
});

test("too many requests from one address are told to wait", async (t) => {
  const app = await buildTestApp(t, { features, requestsPerMinute: 3 });
  const visitor = app.visitor();
  for (const _ of [1, 2, 3]) assert.equal((await visitor.get("/")).statusCode, 200);
  const answer = await visitor.get("/");
  assert.equal(answer.statusCode, 429);
  assert.ok(Number(answer.headers["retry-after"]) > 0);
  assert.match(answer.body, /Too many requests/);
});
