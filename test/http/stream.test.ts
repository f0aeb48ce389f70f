import assert from "node:assert/strict";
import { get } from "node:http";
import { test } from "node:test";
import type { MembershipRole } from "../../src/core/context.js";
import type { Feature } from "../../src/core/feature.js";
import type { SendEvent } from "../../src/core/http/stream.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp } from "../support/app.js";
import type { Scope } from "../support/database.js";
import { until } from "../support/until.js";

/** An application with one stream, listening, and a logged-in reader of it. */
async function scene(t: Scope) {
  const streams: { send: SendEvent; signal: AbortSignal }[] = [];
  const roles = new Map<string, MembershipRole>([["a", "owner"]]);
  const ticker: Feature = {
    name: "ticker",
    memberships: { of: async () => [...roles].map(([accountId, role]) => ({ accountId, role, name: accountId })) },
    pages: (app) =>
      void app.get("/ticker", { config: { access: "user" } }, (_request, reply) => reply.events((send, signal) => void streams.push({ send, signal }))),
  };
  const app = await buildTestApp(t, { features: [auth, home, ticker], heartbeatSeconds: 0.05 });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  const address = new URL(await app.app.listen({ host: "127.0.0.1", port: 0 }));
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const open = (headers: Record<string, string> = { cookie }) =>
    new Promise<{ status: number | undefined; headers: Record<string, unknown>; text: () => string; ended: () => boolean; hangUp: () => void }>(
      (resolve, reject) => {
        const request = get(
          { host: address.hostname, port: address.port, path: "/ticker", headers: { ...headers, "x-forwarded-proto": "https" } },
          (answer) => {
            let text = "";
            let ended = false;
            answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            answer.on("end", () => (ended = true));
            answer.on("error", () => (ended = true));
            resolve({ status: answer.statusCode, headers: answer.headers, text: () => text, ended: () => ended, hangUp: () => request.destroy() });
          },
        );
        request.on("error", reject);
      },
    );
  return { app, browser, roles, streams, open };
}

test("events reach the page unbuffered, and stop when the reader leaves", async (t) => {
  const { streams, open } = await scene(t);
  const reader = await open();
  assert.equal(reader.status, 200);
  assert.equal(reader.headers["x-accel-buffering"], "no");
  assert.match(String(reader.headers["content-type"]), /^text\/event-stream/);
  streams[0]?.send("fragment", { id: "x", html: "<b>\n</b>" });
  await until(() => reader.text().includes("event: fragment"));
  assert.match(reader.text(), /event: fragment\ndata: \{"id":"x","html":"<b>\\n<\/b>"\}\n\n/);
  reader.hangUp();
  await until(() => streams[0]?.signal.aborted === true);
});

test("a stream ends with its session", async (t) => {
  const { browser, streams, open } = await scene(t);
  const reader = await open();
  await browser.submit("/profile", "/logout");
  await until(() => reader.ended());
  assert.match(reader.text(), /event: end\n/);
  assert.equal(streams[0]?.signal.aborted, true);
});

test("a stream ends when its reader's role changes or is taken away", async (t) => {
  const { roles, open } = await scene(t);
  const reader = await open();
  roles.set("a", "reader");
  await until(() => reader.ended());
  const again = await open();
  assert.equal(again.status, 200);
  roles.clear();
  await until(() => again.ended());
});

test("a stream opened with a key ends when the key is revoked", async (t) => {
  const { app, browser, open } = await scene(t);
  const { secret, token } = (await browser.api("POST", "/api/v1/profile/tokens", { name: "watch" })).json();
  const reader = await open({ authorization: `Bearer ${secret}` });
  assert.equal(reader.status, 200);
  await app.database.client.apiToken.delete({ where: { id: token.id } });
  await until(() => reader.ended());
});

test("one session holds six streams at most, and gets its places back", async (t) => {
  const { open } = await scene(t);
  const readers = [];
  for (let number = 0; number < 6; number += 1) readers.push(await open());
  assert.equal((await open()).status, 429);
  readers[0]?.hangUp();
  await until(async () => {
    const again = await open();
    return again.status === 200;
  });
});
