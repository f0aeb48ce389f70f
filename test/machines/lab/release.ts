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

/** Stages, activates and settles a release of these files alone, the fence one above the last; returns its root. */
export async function publishByHand(machine: Machine, owned: Owned): Promise<string> {
  const status = accepted(await machine.status());
  if (status.root !== null) throw new Error("publishByHand is for a fresh machine");
  const fence = status.fence + 1;
  const shards = new Map<string, { path: string; content: string; hash: string }[]>();
  for (const [owner, files] of owned) {
    const shard = sha256(owner).slice(0, 2);
    const entries = shards.get(shard) ?? [];
    for (const [path, content] of files) entries.push({ path, content, hash: sha256(content) });
    shards.set(shard, entries);
  }
  const hashes = new Map(SHARDS.map((name) => [name, shards.has(name) ? shardHash(shards.get(name)!) : EMPTY_SHARD]));
  const root = rootHash(hashes);
  const tar = packRelease({
    ...{ base: null, root, deletes: [] },
    shards: [...shards.keys()].map((name) => ({ name, oldHash: EMPTY_SHARD, newHash: hashes.get(name)! })),
    puts: [...shards].flatMap(([name, files]) => files.map(({ path, content, hash }) => ({ path: `${name}/${path}`, hash, read: () => content }))),
  });
  accepted(await machine.stage({ fence, base: null, root }, tar));
  accepted(await machine.activate({ fence, base: null, root }));
  accepted(await machine.settle({ fence, root }));
  return root;
}

function accepted<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(JSON.stringify(outcome.failure, null, 2));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
