/** Knot at work: what every name server of ours does. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { baseOf, NameServer, zoneOf } from "./dns-rig.js";
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

/** For a name server that shares two processors with others: what nobody reads in time the kernel drops. */
const PATIENCE_MS = 500;

/** Asks one question so many times over UDP, fifty at once for which it is so patient, and counts whole answers and those cut short. */
async function flood(server: NameServer, times: number, patienceMs: number): Promise<{ whole: number; cut: number }> {
  const name = Buffer.concat(["a", "test", ""].map((label) => Buffer.from([label.length, ...Buffer.from(label)])));
  const question = Buffer.concat([Buffer.from([0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), name, Buffer.from([0, 6, 0, 1])]);
  const socket = createSocket("udp4");
  const counted = { whole: 0, cut: 0 };
  socket.on("message", (answer) => {
    if (((answer[2] as number) & 2) === 0) counted.whole += 1;
    else counted.cut += 1;
  });
  for (let sent = 0; sent < times; sent += 50) {
    const [before, end] = [counted.whole + counted.cut, performance.now() + patienceMs];
    for (let at = 0; at < 50; at += 1) socket.send(question, server.port, "127.0.0.1");
    do await new Promise((resume) => setTimeout(resume, 2));
    while (counted.whole + counted.cut < before + 50 && performance.now() < end);
  }
  await new Promise((resume) => setTimeout(resume, 300));
  socket.close();
  return counted;
}

test("one network gets two hundred answers a second after a first burst, half of the rest cut short and nothing else; whom the machine names is never limited", async () => {
  for (const limited of [true, false]) {
    const server = await NameServer.raise("knot");
    try {
      // Somebody else is named, so that we are a stranger.
      if (limited) server.machine.env["MUTU_KNOT_UNLIMITED"] = "192.0.2.1";
      server.publish([{ ...baseOf(), secondaries: [] }, zoneOf("a.test")]);
      const { whole, cut } = await flood(server, 4000, limited ? 0 : PATIENCE_MS);
      if (!limited) assert.deepEqual([whole > 3600, cut], [true, 0], `${whole} whole`);
      else assert.ok(whole >= 150 && whole < 2000 && cut > 500 && whole + cut < 3600, `${whole} whole, ${cut} cut`);
      // A secondary, here ourselves, is not limited either: what zones share is exchanged with the limit in place.
      server.publish([baseOf(), zoneOf("a.test")]);
      assert.equal((await flood(server, 1000, PATIENCE_MS)).cut, 0);
    } finally {
      server.close();
    }
  }
});
