/** `publish`: one round trip, in which a driver may leave its rehearsal to the start of the whole. Every guarantee of stage and activate holds. */
import assert from "node:assert/strict";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Outcome, packRelease } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, type Rig, rootOf, SHELLS, type Tree } from "./apply-rig.js";

const A: Tree = { "00/first/a.conf": "a\n", "3f/first/accounts/2001.conf": "one\n", "3f/second/b.conf": "b\n" };
const B: Tree = { ...A, "3f/first/accounts/2001.conf": "two\n" };
const POISONED: Tree = { ...B, "3f/first/accounts/2001.conf": "POISON\n" };

const send = (rig: Rig, fence: number, before: Tree | null, after: Tree) => {
  const change = changeBetween(before, after);
  return rig.machine.publish({ fence, base: change.base, root: change.root }, packRelease(change));
};
const failuresOf = (outcome: Outcome<unknown>): { daemon: string; step: string; output: string[] }[] => {
  assert.ok(!outcome.ok && outcome.failure.kind === "failed", JSON.stringify(outcome));
  return outcome.failure.failures;
};
const verbs = async (rig: Rig, daemon: string): Promise<string[]> =>
  (await rig.calls(daemon)).map((line) => line.split(" ")[0] + (line.endsWith(" start follows") ? " (start follows)" : ""));

async function settledOn(rig: Rig, tree: Tree): Promise<void> {
  const outcome = await send(rig, 1, null, tree);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  await rig.machine.settle({ fence: 1, root: rootOf(tree) });
  for (const daemon of ["first", "second"]) await rig.unsay(`beside.${daemon}`);
  await rig.forget();
}
async function assertUntouched(rig: Rig, tree: Tree): Promise<void> {
  assert.deepEqual(await rig.live(), { root: rootOf(tree), tree });
  for (const daemon of ["first", "second"]) {
    assert.equal(await rig.serving(daemon), rootOf(tree));
    await assert.rejects(access(join(rig.world, `beside.${daemon}`)), `${daemon} ended what it had started`);
  }
  const status = await rig.machine.status();
  assert.ok(status.ok, JSON.stringify(status));
  assert.deepEqual([status.value.staged, status.value.previous], [[], null]);
  assert.match(status.value.step, /^(?:idle|stage [0-9a-f]{64})$/);
}

for (const shell of SHELLS) {
  describe(`apply publish (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("the start of the whole is the rehearsal; a release that started is as good as a rehearsed one", async (t) => {
      const rig = await makeRig(t, shell);
      await rig.say("leaves.first", "");
      await settledOn(rig, A);
      const outcome = await send(rig, 2, A, B);
      assert.deepEqual(outcome, { ok: true, value: { root: rootOf(B), activation: 2, previous: rootOf(A) } });
      assert.deepEqual(await verbs(rig, "first"), ["rehearse (start follows)", "prepare", "commit"]);
      assert.deepEqual(await verbs(rig, "second"), ["prepare", "commit"]);
      assert.deepEqual(
        (await readdir(join(rig.root, "releases", rootOf(B)))).filter((name) => name === "unproven"),
        [],
      );
      // left and had again without being sent
      await rig.machine.rollback({ fence: 2, root: rootOf(B) });
      const again = await rig.machine.activate({ fence: 3, base: rootOf(A), root: rootOf(B) });
      assert.ok(again.ok, JSON.stringify(again));
      // the answer was lost: sent again, nothing is done again
      await rig.forget();
      const repeated = await send(rig, 3, A, B);
      assert.ok(repeated.ok, JSON.stringify(repeated));
      assert.deepEqual(await verbs(rig, "first"), []);
    });

    test("stage never leaves anything out", async (t) => {
      const rig = await makeRig(t, shell);
      await rig.say("leaves.first", "");
      await settledOn(rig, A);
      const change = changeBetween(A, POISONED);
      const outcome = await rig.machine.stage({ fence: 2, base: change.base, root: change.root }, packRelease(change));
      assert.deepEqual(
        failuresOf(outcome).map(({ daemon, step }) => [daemon, step]),
        [["first", "rehearse"]],
      );
    });

    test("a start that fails: nothing has been touched, and the rehearsal that was left out says whose file it is", async (t) => {
      const rig = await makeRig(t, shell);
      await rig.say("leaves.first", "");
      await settledOn(rig, A);
      const outcome = await send(rig, 2, A, POISONED);
      const where = `${rig.root}/releases/${rootOf(POISONED)}/3f/first/accounts/2001.conf`;
      assert.deepEqual(failuresOf(outcome), [{ daemon: "first", step: "rehearse", output: [`first: ${where} line 1: POISON`] }]);
      assert.deepEqual(await verbs(rig, "first"), ["rehearse (start follows)", "prepare", "abort", "rehearse"]);
      assert.deepEqual(await verbs(rig, "second"), ["abort"]);
      await assertUntouched(rig, A);
      const refused = await rig.machine.activate({ fence: 2, base: rootOf(A), root: rootOf(POISONED) });
      assert.ok(!refused.ok && refused.failure.kind === "refused", JSON.stringify(refused));
      const next = await send(rig, 3, A, B);
      assert.ok(next.ok, JSON.stringify(next));
    });

    test("a start that fails although each file is well: the start's own words", async (t) => {
      const rig = await makeRig(t, shell);
      await rig.say("leaves.first", "");
      await settledOn(rig, A);
      await rig.say("fail.first.prepare", "address in use\n");
      const outcome = await send(rig, 2, A, B);
      assert.deepEqual(failuresOf(outcome), [{ daemon: "first", step: "prepare", output: ["address in use"] }]);
      assert.deepEqual(await verbs(rig, "first"), ["rehearse (start follows)", "prepare", "abort", "rehearse"]);
      await assertUntouched(rig, A);
      const refused = await rig.machine.activate({ fence: 2, base: rootOf(A), root: rootOf(B) });
      assert.ok(!refused.ok && refused.failure.kind === "refused", "it never started, and was not rehearsed before");
    });

    test("one daemon refuses at once: the other's rehearsal is asked too, so that all faults are told together and nothing starts", async (t) => {
      const rig = await makeRig(t, shell);
      await rig.say("leaves.first", "");
      await settledOn(rig, A);
      const outcome = await send(rig, 2, A, { ...POISONED, "3f/second/b.conf": "POISON\n" });
      assert.deepEqual(
        failuresOf(outcome).map(({ daemon, step }) => [daemon, step]),
        [
          ["second", "rehearse"],
          ["first", "rehearse"],
        ],
      );
      assert.deepEqual(await verbs(rig, "first"), ["rehearse (start follows)", "rehearse"]);
      assert.deepEqual(await verbs(rig, "second"), ["rehearse (start follows)"]);
      await assertUntouched(rig, A);
    });
  });
}
