import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chipOf, STEPS } from "../../src/publish/index.js";
import { LEASE_LIMITS } from "../../src/publish/lock.js";
import { TYPESCRIPT } from "../support/typescript.js";
import type { Orders } from "./killed-panel.js";
import { makePanel, manifestOf, type Panel, type Words } from "./rig.js";

const site = (number: number, text: string): Words => ({ text, names: [`s${number}.example.org`] });
const GOOD = { "2001": site(2001, "first"), "2002": site(2002, "first"), "2003": site(2003, "first") };

/** A change after which a run meets this step. */
function changeFor(step: string): Record<string, Words | null> {
  const next = { "2001": site(2001, "next"), "2002": site(2002, "next"), "2003": null };
  if (step === "blame") return { ...next, "2002": site(2002, "POISON") };
  if (step === "withdraw") {
    const poisoned = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [String(3001 + i), site(3001 + i, "POISON")]));
    return { ...next, ...poisoned, "2002": { ...site(2002, "POISON"), withdrawn: true } };
  }
  return next;
}

const textOf = async ({ machine }: Panel): Promise<string[]> =>
  Object.values((await machine.live()) ?? {})
    .map((content) => /^(text .*|notice)/m.exec(content)?.[1] ?? "?")
    .sort();

assert.ok(STEPS.length > 8, "the list of steps is empty or cut");

for (const step of STEPS) {
  test(`a panel killed at ${step}: what serves is whole, and another panel converges`, async (t) => {
    const panel = await makePanel(t);
    await panel.set(GOOD);
    await panel.publisher.idle();
    if (step === "drift") await panel.machine.tamper("2003.conf");
    if (step === "rollback") panel.machine.faults.set("s2001.example.org", "stale").set("s2002.example.org", "stale");
    const units = changeFor(step);
    const { door, port } = panel.machine;
    const orders: Orders = { url: panel.ctx.database.url, state: panel.services.env.state, door, port, step, units };
    const died = fork(fileURLToPath(new URL("./killed-panel.ts", import.meta.url)), [JSON.stringify(orders)], { execArgv: [...TYPESCRIPT] });
    const [, signal] = await once(died, "exit");
    assert.equal(signal, "SIGKILL", "the run never came to this step");

    const serving = await textOf(panel);
    const either = [
      ["text first", "text first", "text first"],
      ["text next", "text next"],
      ["text first", "text next"],
    ];
    assert.ok(
      either.some((texts) => texts.join() === serving.join()),
      serving.join(),
    );

    panel.machine.faults.clear();
    panel.ctx.clock.advance(LEASE_LIMITS.leaseSeconds + 1);
    // At the last step everything is live and counted; only the publication's own end is missing.
    assert.deepEqual(await panel.publisher.catchUp(), step === "record" ? [] : ["web1"]);
    await panel.publisher.idle();
    const expected = { blame: ["text first", "text next"], withdraw: ["notice", "text first"] }[step as string] ?? ["text next", "text next"];
    assert.deepEqual(await textOf(panel), expected);
    const live = Object.entries((await panel.machine.live()) ?? {}).map(([path, content]) => `${path} ${createHash("sha256").update(content).digest("hex")}`);
    assert.deepEqual(await manifestOf(panel.ctx), live.sort());
    if (step !== "withdraw") assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
    assert.equal(await panel.ctx.db.publication.count({ where: { state: "running" } }), 0);
  });
}
