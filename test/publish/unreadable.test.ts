/** A row that holds what no model knows stops the reading of all that is read with it: it must stop its own unit only. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role, UnitFacts } from "../../src/publish/contract.js";
import { chipOf } from "../../src/publish/index.js";
import { makePanel, type Panel, setWords, testRole, type Words } from "./rig.js";

const site = (number: number, text = "www"): Words => ({ text, names: [`s${number}.example.org`] });
const sites = (count: number, text = "www") => Object.fromEntries(Array.from({ length: count }, (_, i) => [String(2001 + i), site(2001 + i, text)]));
type Outline = Pick<UnitFacts, "withdrawn" | "claims">;

/** The role of tests, whose state is JSON text; `outline` as told. */
function rolesWith(outline?: () => Promise<Outline>): Role<never>[] {
  return [{ ...testRole("web", ["files"]), outline }, testRole("files")] as unknown as Role<never>[];
}

/** Publishes 30 units, then changes them all and spoils the row of some, in one transaction. */
async function spoil(panel: Panel, ...keys: string[]): Promise<void> {
  await panel.set(sites(30));
  await panel.publisher.idle();
  await panel.ctx.transaction(async (tx) => {
    await setWords(tx, "web1", "web", sites(30, "next"));
    await tx.db.setting.updateMany({ where: { key: { in: keys.map((key) => `web.${key}`) } }, data: { value: "{not JSON" } });
  });
  await panel.publisher.idle();
}

const fileOf = async (panel: Panel, key: string) => (await panel.machine.live())?.[`tester/accounts/${key}.conf`] ?? "";

async function assertOthersUpdated(panel: Panel): Promise<void> {
  const live = (await panel.machine.live()) ?? {};
  assert.equal(Object.values(live).filter((content) => /^text next$/m.test(content)).length, 29);
  const bad = await panel.unit("2013");
  assert.deepEqual([bad.quarantineCode, chipOf(bad).state], ["publications.not_readable", "failed"]);
  assert.deepEqual(chipOf(await panel.unit("2014")), { state: "verified" });
  const part = await panel.ctx.db.publicationPart.findFirstOrThrow({ where: { key: "2013", faultCode: { not: null } } });
  assert.match(String((part.output as string[])[0]), /JSON/, "administrators read what could not be read");
}

test("a spoilt row keeps its own unit at its last good files; 29 others, read with it, go live", async (t) => {
  const panel = await makePanel(t, { roles: rolesWith(async () => ({ withdrawn: false, claims: ["s2013.example.org"] })) });
  await spoil(panel, "2013");
  await assertOthersUpdated(panel);
  assert.match(await fileOf(panel, "2013"), /^text www$/m);
  await panel.set({ "2013": site(2013, "mended") });
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2013")), { state: "verified" }, "a mended row is free again");
});

for (const [what, outline] of [
  ["the outline says that it was suspended", async () => ({ withdrawn: true, claims: ["s2013.example.org"] })],
  ["the outline says that a name has left it", async () => ({ withdrawn: false, claims: [] })],
  ["nothing at all is known of it", undefined],
  [
    "its outline cannot be read either",
    async () => {
      throw new Error("spoilt as well");
    },
  ],
] as [string, (() => Promise<Outline>) | undefined][]) {
  test(`a spoilt row never leaves up what may have been withdrawn: ${what}`, async (t) => {
    const panel = await makePanel(t, { roles: rolesWith(outline) });
    await spoil(panel, "2013");
    await assertOthersUpdated(panel);
    assert.match(await fileOf(panel, "2013"), /^notice for/m);
  });
}

test("when no row can be read the run ends as a whole: nobody is blamed, what serves goes on", async (t) => {
  const panel = await makePanel(t, { roles: rolesWith() });
  await spoil(panel, ...Object.keys(sites(30)));
  assert.equal((await panel.publication()).state, "refused");
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { quarantineCode: { not: null } } }), 0);
  const live = Object.values((await panel.machine.live()) ?? {});
  assert.equal(live.filter((content) => /^text www$/m.test(content)).length, 30);
});
