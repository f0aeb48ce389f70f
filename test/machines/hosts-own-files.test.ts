/** `mutu hosts add` runs as root and keeps its keys in the panel's folder: whoever took the panel over must not become root by links laid there. */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownKey, pinHostKey } from "../../src/features/hosts/add-machine.js";

const PANEL = 65_534;
const HOST = { name: "web1", address: "192.0.2.1", port: 22 };
const skip = process.getuid?.() === 0 ? false : "shows what root does";

test("root gives nothing away, and writes nowhere, by a link in the panel's folder", { skip }, async (t) => {
  const base = mkdtempSync("/tmp/mutu-own-files-");
  t.after(() => rmSync(base, { recursive: true }));
  chmodSync(base, 0o755);
  const state = join(base, "state");
  const folder = join(state, "hosts/web1");
  mkdirSync(folder, { recursive: true });
  for (const path of [state, join(state, "hosts"), folder]) chownSync(path, PANEL, PANEL);
  const theirs = join(base, "of-root");
  writeFileSync(theirs, "root's\n", { mode: 0o600 });
  const lay = (name: string, target: string) => {
    symlinkSync(target, join(folder, name));
    lchownSync(join(folder, name), PANEL, PANEL);
  };
  for (const name of ["known_hosts", "known_hosts.new", "old"]) lay(name, theirs);
  lay("id_ed25519", join(base, "made-by-link"));

  await assert.rejects(ownKey({ state }, "web1"), /ssh-keygen/);
  assert.equal(existsSync(join(base, "made-by-link")), false);
  rmSync(join(folder, "id_ed25519"));
  assert.match(await ownKey({ state }, "web1"), /^ssh-ed25519 \S+ panel@web1$/);
  await pinHostKey({ state }, HOST, "ssh-ed25519 AAAA");

  assert.deepEqual([readFileSync(theirs, "utf8"), statSync(theirs).uid, statSync(theirs).mode & 0o777], ["root's\n", 0, 0o600]);
  assert.equal(readFileSync(join(folder, "known_hosts"), "utf8"), "192.0.2.1 ssh-ed25519 AAAA\n");
  assert.deepEqual(readdirSync(folder).sort(), ["id_ed25519", "id_ed25519.pub", "known_hosts", "old"]);
  for (const name of ["hosts/web1/id_ed25519", "hosts/web1/id_ed25519.pub", "hosts/web1/known_hosts", "ssh"])
    assert.equal(statSync(join(state, name)).uid, PANEL, name);
  assert.deepEqual([process.geteuid?.(), process.getegid?.()], [0, 0], "root is root again");
});
