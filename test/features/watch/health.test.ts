import assert from "node:assert/strict";
import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createPlainServer } from "../../../src/core/http/listen.js";
import type { Services } from "../../../src/core/services.js";
import { feature } from "../../../src/features/watch/feature.js";
import { createHealth } from "../../../src/features/watch/health.js";
import { buildTestApp } from "../../support/app.js";

test("health is one word, kept by nobody, and asked for without limit", async (t) => {
  const { app, database } = await buildTestApp(t, { requestsPerMinute: 3 });
  for (let i = 0; i < 8; i += 1) {
    const answer = await app.inject({ url: "/healthz", headers: { "x-forwarded-for": "192.0.2.9" } });
    assert.deepEqual([answer.statusCode, answer.body], [200, "ok\n"]);
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.equal(answer.headers["set-cookie"], undefined);
  }
  assert.equal(await database.client.session.count(), 0);
});

test("a database that is gone, or answers nobody, is told; what was found is shared and kept for a moment", async () => {
  let asked = 0;
  let read = async (): Promise<unknown> => null;
  const findUnique = () => {
    asked += 1;
    return read();
  };
  const services = { db: { setting: { findUnique } } as unknown as Services["db"] };
  const keeping = createHealth(services, { keptMs: 600_000 });
  assert.deepEqual(await Promise.all([keeping.ask(), keeping.ask(), keeping.ask()]), ["ok", "ok", "ok"]);
  assert.equal(asked, 1);
  read = () => Promise.reject(new Error("password authentication failed for user mutu"));
  assert.equal(await keeping.ask(), "ok");
  const looking = createHealth(services, { keptMs: -1, patienceMs: 20 });
  assert.equal(await looking.ask(), "database");
  read = () => new Promise(() => {});
  assert.equal(await looking.ask(), "database");
  looking.close();
  assert.equal(await looking.ask(), "closing");
});

test("the plain port answers it too, where everything else is led to HTTPS", async (t) => {
  const { services } = await buildTestApp(t);
  const door = feature.plainAnswer?.(services);
  assert.ok(door);
  const server = createPlainServer("https://secure.example.org", [door]);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const ask = (path: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, path }, (answer) => {
        let body = "";
        answer.on("data", (chunk) => (body += chunk)).on("end", () => resolve({ status: answer.statusCode, body }));
      }).on("error", reject);
    });
  assert.deepEqual(await ask("/healthz"), { status: 200, body: "ok\n" });
  assert.equal((await ask("/health")).status, 308);
});
