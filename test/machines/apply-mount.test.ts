import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
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
  await lines(`[fd00::1]:/srv/homes ${homes} nfs4 defaults 0 0`);
  assert.deepEqual(await told(), [["absent", ""]], "an address with colons");
});

test("homes that systemd mounts when they are wanted: told where nothing is mounted, and where it could not", async (t) => {
  const rig = await makeRig(t);
  const told = async () => {
    const outcome = await rig.machine.status();
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value.daemons.get("mount");
  };
  const [homes, units, programs] = [join(rig.folder, "homes"), join(rig.folder, "units"), join(rig.folder, "programs")];
  for (const folder of [homes, units, programs]) await mkdir(folder);
  const configure = (more: Record<string, string> = {}) =>
    rig.configure({ MUTU_HOMES: homes, MUTU_FSTAB: join(rig.folder, "fstab"), MUTU_UNIT_FILES: units, ...more });
  await writeFile(join(rig.folder, "fstab"), "");
  await configure();
  await writeFile(join(units, "other.mount"), `[Mount]\nWhere=${homes}-other\n`);
  assert.equal((await told())?.[0]?.[0], "answers");
  await writeFile(join(units, "homes.mount"), `[Mount]\nWhat=control:/srv/homes\nWhere=${homes}\n`);
  assert.deepEqual(await told(), [["absent", ""]], "the automount was given up, or was never started");
  // What the kernel says of a folder that waits to be mounted.
  await writeFile(join(programs, "stat"), '#!/bin/sh\ncase $1 in -f) echo autofs ;; *) exec /usr/bin/stat "$@" ;; esac\n');
  await writeFile(join(programs, "mountpoint"), "#!/bin/sh\n");
  for (const name of ["stat", "mountpoint"]) await chmod(join(programs, name), 0o755);
  await configure({ MUTU_PATH: `${programs}:/usr/sbin:/usr/bin:/sbin:/bin` });
  assert.deepEqual(await told(), [["absent", ""]], "nobody could mount it");
});

test("everything that a driver may tell of its logins is told", async (t) => {
  const rig = await makeRig(t);
  await writeFile(join(rig.folder, "daemons/first/driver"), "#!/bin/sh\nseq -f 'login m%04g 1 192.0.2.1 ftps' 1 500\n");
  const outcome = await rig.machine.status();
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.equal(outcome.value.daemons.get("first")?.at(-1)?.[1], "m0500 1 192.0.2.1 ftps");
});
