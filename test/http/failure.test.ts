import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { conflict, invalidFields } from "../../src/core/errors.js";
import type { Feature } from "../../src/core/feature.js";
import { form } from "../../src/core/http/forms.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp } from "../support/app.js";

const open = { config: { access: "public" as const } };
const Body = Type.Object({
  name: Type.String({ minLength: 2, maxLength: 5 }),
  size: Type.Integer({ minimum: 1, maximum: 9 }),
  kind: Type.Optional(Type.Union([Type.Literal("one"), Type.Literal("two")])),
  code: Type.Optional(Type.String({ pattern: "^[a-z]+$", refusal: "auth.login_format" })),
  secret: Type.Optional(Type.String({ minLength: 1, format: "password" })),
});
const trial: Feature = {
  name: "trial",
  pages(app) {
    app.get("/trial/broken", open, async () => {
      throw new Error("the database said <script>secret</script>");
    });
    app.get("/trial/conflict", open, async () => {
      throw conflict("auth.last_admin");
    });
    app.get("/trial", open, async (_request, reply) => reply.page("auth/user-new"));
    app.post(
      "/trial",
      open,
      form({
        schema: Body,
        act: async (_ctx, input) => {
          if (input.name === "taken") throw invalidFields([{ field: "login", code: "auth.login_taken", data: { login: "taken" } }]);
          return `/done?${new URLSearchParams(input as never)}`;
        },
        again: (_request, reply) => reply.page("auth/user-new"),
      }),
    );
  },
  api(app) {
    app.post("/trial", { ...open, schema: { body: Body, response: { 200: Type.Object({ name: Type.String() }) } } }, async (request) => ({
      ...(request.body as object),
      hash: "hidden",
    }));
    app.get("/trial/broken", { ...open, schema: { response: { 200: Type.Object({}) } } }, async () => {
      throw new Error("secret detail");
    });
  },
};
const features = [auth, home, trial];

test("our own fault is logged with the reference that the page shows, and nothing else is told", async (t) => {
  const lines: string[] = [];
  const app = await buildTestApp(t, { features, logTo: { write: (line) => void lines.push(line) } });
  const page = await app.visitor().get("/trial/broken");
  assert.equal(page.statusCode, 500);
  assert.doesNotMatch(page.body, /secret|database/);
  const reference = /<code>([0-9a-f-]{36})<\/code>/.exec(page.body)?.[1];
  assert.ok(reference);
  const logged = lines.map((line) => JSON.parse(line) as { request?: string; err?: { message: string } }).find((line) => line.err);
  assert.equal(logged?.request, reference);
  assert.match(logged?.err?.message ?? "", /the database said/);

  const { error } = (await app.visitor().get("/api/v1/trial/broken")).json() as { error: { code: string; message: string; request: string } };
  assert.equal(error.code, "shell.internal");
  assert.match(error.request, /^[0-9a-f-]{36}$/);
  assert.doesNotMatch(error.message, /secret detail/);
});

test("a refusal is a page in the reader's language, or JSON with its code", async (t) => {
  const app = await buildTestApp(t, { features });
  const french = await app.visitor({ language: "fr-FR,fr;q=0.9" }).get("/trial/conflict");
  assert.equal(french.statusCode, 409);
  assert.match(french.body, /dernier compte d’administration/);
  assert.match(french.body, /<html lang="fr"/);
  const json = await app.visitor().get("/api/v1/nowhere");
  assert.equal(json.statusCode, 404);
  assert.deepEqual((json.json() as { error: { code: string; fields: unknown[] } }).error.code, "shell.not_found");
});

test("a form keeps what was typed, says what is wrong at each field, and answers 422", async (t) => {
  const app = await buildTestApp(t, { features });
  const visitor = app.visitor();
  const answer = await visitor.submit("/trial", "/trial", {
    name: "<b>much too long</b>",
    size: "many",
    kind: "three",
    code: "A1",
    login: "kept <me>",
    secret: "never shown again",
  });
  assert.equal(answer.statusCode, 422);
  assert.match(answer.body, /At most 5 characters/);
  assert.match(answer.body, /Type a number/);
  assert.match(answer.body, /Choose one of the values offered/);
  assert.match(answer.body, /2 to 32 lower-case letters/);
  assert.match(answer.body, /value="kept &lt;me&gt;"/);
  assert.doesNotMatch(answer.body, /never shown again|<b>much/);

  const taken = await visitor.submit("/trial", "/trial", { name: "taken", size: "3" });
  assert.equal(taken.statusCode, 422);
  assert.match(taken.body, /id="field-login"[^>]*aria-describedby="[^"]*field-login-error"[^>]*aria-invalid="true"/);
  assert.match(taken.body, /id="field-login-error"[^>]*>[\s\S]{0,200}This login is taken/);
});

test("a form's texts are trimmed and typed, empty optional fields are left out, a password is taken as it is", async (t) => {
  const app = await buildTestApp(t, { features });
  const answer = await app.visitor().submit("/trial", "/trial", { name: "  abc ", size: " 4 ", kind: "", secret: " x " });
  assert.equal(answer.statusCode, 303);
  const given = new URLSearchParams(String(answer.headers.location).split("?")[1]);
  assert.deepEqual(Object.fromEntries(given), { name: "abc", size: "4", secret: " x " });
  const missing = await app.visitor().submit("/trial", "/trial", { name: "", size: "" });
  assert.deepEqual(
    [...missing.body.matchAll(/<li><a href="#field-(\w+)">(?:[^<]+ — )?Fill this in/g)].map(([, field]) => field),
    ["name", "size"],
  );
});

test("the API names each field, and answers only the fields it lists", async (t) => {
  const app = await buildTestApp(t, { features });
  const visitor = app.visitor();
  const headers = { "content-type": "application/json", origin: "https://panel.test", "x-csrf-token": await visitor.csrf("/") };
  const post = (body: string) => visitor.send("POST", "/api/v1/trial", { payload: body, headers });
  const refused = await post(JSON.stringify({ name: "a", size: 99, kind: "three" }));
  assert.equal(refused.statusCode, 422);
  const { error } = refused.json() as { error: { fields: { field: string; code: string }[] } };
  assert.deepEqual(error.fields.map(({ field, code }) => [field, code]).sort(), [
    ["kind", "shell.choice"],
    ["name", "shell.too_short"],
    ["size", "shell.too_big"],
  ]);
  assert.equal((await post("{ not json")).statusCode, 400);
  assert.equal((await post(JSON.stringify({ name: "abc", size: 1, __proto__: null }))).statusCode, 200);
  assert.deepEqual((await post(JSON.stringify({ name: "abc", size: 1 }))).json(), { name: "abc" });
  assert.equal((await post(`{"name":"${"x".repeat(300_000)}"}`)).statusCode, 413);
});
