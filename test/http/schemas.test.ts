import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import { compileAll, lazySchemas } from "../../src/core/http/lazy-schemas.js";
import { buildTestApp } from "../support/app.js";

test("every schema of every route compiles, although none is compiled before it is needed", async (t) => {
  const { app, routes } = await buildTestApp(t);
  const compiled = compileAll(app);
  assert.ok(compiled > routes.length, `${compiled} schemas of ${routes.length} routes`);
});

test("a schema that is none is found by compiling all, and stops no other route", async (t) => {
  const schemas = lazySchemas();
  const app = Fastify({ schemaController: schemas.controller });
  t.after(() => app.close());
  schemas.belongTo(app as never);
  app.get("/well", { schema: { querystring: { type: "object", properties: { page: { type: "integer" } } } } }, () => "well");
  app.get("/ill", { schema: { querystring: { type: "nonsense" } } }, () => "never");
  assert.equal((await app.inject("/well?page=2")).statusCode, 200);
  assert.equal((await app.inject("/well?page=none")).statusCode, 400);
  assert.equal((await app.inject("/ill")).statusCode, 500);
  assert.throws(() => compileAll(app as never), /nonsense|schema is invalid/);
});
