/** Knot at work: what every name server of ours does. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { NameServer, zoneOf } from "./dns-rig.js";
import { nameServerTests } from "./dns-server.js";

// The suite stands here: the run of all tests wants to hear of each file.
describe("knot at work", () => nameServerTests("knot"));

test("one that can no longer be spoken to is ended by its number, and only while the number is its own", async () => {
  const server = await NameServer.raise("knot");
  try {
    server.publish([zoneOf("a.test")]);
    assert.equal(server.status("a.test"), "NOERROR");
    rmSync(server.path("run/knot/knot.sock"));
    const halted = server.call("halt", server.machine.live);
    assert.equal(halted.code, 0, halted.words);
    await server.gone();
    // The number is a stranger's by now: this very test's.
    writeFileSync(server.path("run/knot/knot.pid"), `${process.pid}\n`);
    assert.equal(server.call("halt", server.machine.live).code, 0);
  } finally {
    server.close();
  }
});
