import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { makeRig } from "./apply-rig.js";

test("a machine tells whether members' homes are there: mounted where the table of mounts says so, answering at all", async (t) => {
  const rig = await makeRig(t);
  const told = async () => {
    const outcome = await rig.machine.status();
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value.daemons.get("mount");
  };
  assert.equal(await told(), undefined, "one that keeps no homes tells nothing");
  const [homes, table] = [join(rig.folder, "homes"), join(rig.folder, "fstab")];
  const lines = (...rows: string[]) => writeFile(table, rows.map((row) => `${row}\n`).join(""));
  await rig.configure({ MUTU_HOMES: homes, MUTU_FSTAB: table });
  assert.deepEqual(await told(), [["silent", ""]]);
  await mkdir(homes);
  await lines("/dev/sda1 / ext4 defaults 0 1", `# ${homes} /elsewhere`, `#nfs:/srv ${homes} nfs4`, "UUID=1 none swap sw 0 0", `nfs:/x ${homes}-other nfs4`);
  const [[word, kind] = []] = (await told()) ?? [];
  assert.equal(word, "answers");
  assert.match(kind ?? "", /^[a-z0-9/_-]+$/);
  await lines(`nfs:/srv/homes ${homes} nfs4 defaults 0 0`);
  assert.deepEqual(await told(), [["absent", ""]]);
  await lines(`nfs:/srv ${rig.folder} nfs4 defaults 0 0`);
  assert.deepEqual(await told(), [["absent", ""]], "a mount above them counts too");
});
