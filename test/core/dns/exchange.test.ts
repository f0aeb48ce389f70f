/** A server that cannot even be tried is an answer like any other: no route, no right to send there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { exchange } from "../../../src/core/dns/index.js";

test("an address to which the kernel lets nobody connect is unreachable", async () => {
  // Broadcast needs an option of the socket: connect(2) itself fails, as it does for IPv6 where there is no route.
  const answer = await exchange({ address: "255.255.255.255", port: 53 }, { name: "a.test", type: "A" }, { timeoutMs: 1000, recursive: false });
  assert.equal(answer, "unreachable");
});

test("a name that no question can hold is not asked, and ends nothing but itself", async () => {
  const names = [`${"\\000".repeat(20)}.a.test`, `${"x".repeat(64)}.test`, "a..test", `${"a.".repeat(127)}test`, "a b.test", "caf\u00e9.test", "a\\.b.test"];
  for (const name of names) {
    const answer = await exchange({ address: "127.0.0.1", port: 1 }, { name, type: "A" }, { timeoutMs: 1000, recursive: false });
    assert.equal(answer, "broken", name);
  }
});
