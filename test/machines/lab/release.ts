/** Publishes by hand what daemons render, through the real door: for tests of machines, where the engine is not the matter. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine, Outcome } from "../../../src/core/machine/index.js";
import { EMPTY_SHARD, openMachine, packRelease, rootHash, SHARDS, shardHash, sshArgv } from "../../../src/core/machine/index.js";
import type { Lab } from "./lab.js";
import type { LabNode } from "./node.js";

/** `<daemon>/<path>` → content, by owner (what stands before the slash of a unit's key). */
export type Owned = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Opens a web machine as the control machine does: OpenSSH from its address, the panel's key, a pinned host key. */
export async function sshMachine(lab: Lab, node: LabNode, keyFile = lab.panelKey.path): Promise<Machine> {
  const from = lab.node("control");
  const knownHostsFile = join(lab.directory, `known-${node.name}`);
  writeFileSync(knownHostsFile, `${node.ip} ${await node.hostKey()}\n`);
  const door = {
    ...{ kind: "ssh" as const, address: node.ip, port: 22, user: "mutu", keyFile, knownHostsFile },
    controlPath: join(lab.directory, `c-${node.name}`),
  };
  return openMachine({ kind: "direct", argv: from.networkArgv([...sshArgv(door), "--", node.ip]) });
}

/** Stages, activates and settles a release of these files alone, the fence one above the last; `before` is what the machine serves now. Returns its root. */
export async function publishByHand(machine: Machine, owned: Owned, before: Owned = new Map()): Promise<string> {
  const status = accepted(await machine.status());
  const [from, to] = [shardsOf(before), shardsOf(owned)];
  const base = before.size === 0 ? null : rootHash(from.hashes);
  if (status.root !== base) throw new Error("publishByHand: the machine serves something else");
  const fence = status.fence + 1;
  const root = rootHash(to.hashes);
  const touched = SHARDS.filter((name) => from.hashes.get(name) !== to.hashes.get(name));
  const files = touched.flatMap((name) => (to.shards.get(name) ?? []).map((file) => ({ name, ...file })));
  const kept = new Set(files.map(({ name, path }) => `${name}/${path}`));
  const gone = touched.flatMap((name) => (from.shards.get(name) ?? []).map(({ path }) => `${name}/${path}`)).filter((path) => !kept.has(path));
  const tar = packRelease({
    ...{ base, root, deletes: gone },
    shards: touched.map((name) => ({ name, oldHash: from.hashes.get(name)!, newHash: to.hashes.get(name)! })),
    puts: files.map(({ name, path, content, hash }) => ({ path: `${name}/${path}`, hash, read: () => content })),
  });
  accepted(await machine.stage({ fence, base, root }, tar));
  accepted(await machine.activate({ fence, base, root }));
  accepted(await machine.settle({ fence, root }));
  return root;
}

function shardsOf(owned: Owned) {
  const shards = new Map<string, { path: string; content: string; hash: string }[]>();
  for (const [owner, files] of owned) {
    const shard = sha256(owner).slice(0, 2);
    const entries = shards.get(shard) ?? [];
    for (const [path, content] of files) entries.push({ path, content, hash: sha256(content) });
    shards.set(shard, entries);
  }
  return { shards, hashes: new Map(SHARDS.map((name) => [name, shards.has(name) ? shardHash(shards.get(name)!) : EMPTY_SHARD])) };
}

function accepted<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(JSON.stringify(outcome.failure, null, 2));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
