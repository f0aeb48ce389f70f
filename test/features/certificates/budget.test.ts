/** What one account asks for leaves room for the others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetsOf, exhausted, LIMITS, noteOrder, noteOutcome } from "../../../src/features/certificates/budget.js";
import { getSubject } from "../../../src/features/certificates/subjects.js";
import { addSite } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount } from "../../support/factories.js";

const DIRECTORY = "https://ca.test/directory";

test("one account cannot use up what the authority takes from all of them", async (t) => {
  const app = await buildTestApp(t);
  const system = app.ctx();
  const { db } = app.services;
  const subjectOf = async (address: string) => {
    const account = await createAccount(system);
    const site = await addSite(system, { accountId: account.id, address, kind: "folder", withWww: false });
    return { accountId: account.id, subjectId: (await getSubject(system, site.id)).id };
  };
  const [storm, neighbour] = [await subjectOf("storm.example.org"), await subjectOf("calm.example.net")];
  const start = app.clock.now();
  const order = async (subjectId: string, names: string[]) => {
    app.clock.advance(1);
    const ids = await noteOrder(db, { directory: DIRECTORY, names, subjectId, at: app.clock.now(), renewal: false });
    await noteOutcome(db, ids, false);
  };
  const usedUp = async (accountId: string | null, name: string) => exhausted(await budgetsOf(db, DIRECTORY, [name], app.clock.now(), accountId));
  for (let count = 1; count < LIMITS.account; count += 1) await order(storm.subjectId, ["storm.example.org", "storm.example.net"]);
  assert.equal(await usedUp(storm.accountId, "storm.example.org"), null, "one order is one, however many domains it is about");
  await order(storm.subjectId, ["storm.example.org"]);
  const met = await usedUp(storm.accountId, "storm.example.org");
  assert.deepEqual([met?.what, met?.used, met?.max], ["account", LIMITS.account, LIMITS.account]);
  assert.equal(met?.until?.getTime(), start.getTime() + 1000 + LIMITS.ordersHours * 3_600_000);
  assert.equal(await usedUp(neighbour.accountId, "calm.example.net"), null);
  assert.equal(await usedUp(null, "panel.example.com"), null, "our own names are nobody's account");
});
