/** A machine in a folder: a real apply, a real tree, and a real (if tiny) daemon's driver that can be told to fail. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";
import {
  type CommandResult,
  type DirectDoor,
  EMPTY_SHARD,
  type Machine,
  openMachine,
  packRelease,
  type ReleaseChange,
  rootHash,
  runCommand,
  SHARDS,
  shardHash,
} from "../../src/core/machine/index.js";

export const APPLY = resolve(import.meta.dirname, "../../machines/apply");
/** The shells that apply must run under; MUTU_TEST_SHELL narrows it down. */
export const SHELLS: readonly string[][] = process.env.MUTU_TEST_SHELL ? [process.env.MUTU_TEST_SHELL.split(" ")] : [["dash"], ["busybox", "sh"]];

/** A file system in memory where there is one: these tests are about steps, not about a disk's speed. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Files of a release: `3f/first/a.conf` → content. */
export type Tree = Record<string, string>;

/**
 * A daemon that "runs" a configuration: serving.<name> holds the root it answers from, beside.<name> what prepare started. It records every call.
 * A file fail.<name>.<step> makes that step fail with its content as words.
 */
const DRIVER = `#!/bin/sh
set -u
name=\${0%/driver}; name=\${name##*/}
echo "$1 next=\${MUTU_NEXT##*/} live=\${MUTU_LIVE##*/} previous=\${MUTU_PREVIOUS##*/} release=\${MUTU_RELEASE##*/}\${MUTU_START_FOLLOWS:+ start follows}" >>"$MUTU_WORLD/calls.$name"
[ ! -s "\${MUTU_CHANGED:-/dev/null}" ] || sed "s/^/$1 /" "$MUTU_CHANGED" >>"$MUTU_WORLD/changed.$name"
if [ -e "$MUTU_WORLD/fail.$name.$1" ]; then cat "$MUTU_WORLD/fail.$name.$1"; exit 1; fi
if [ -e "$MUTU_WORLD/once.$name.$1" ]; then cat "$MUTU_WORLD/once.$name.$1"; rm "$MUTU_WORLD/once.$name.$1"; exit 1; fi
case $1 in
rehearse)
  [ -z "\${MUTU_START_FOLLOWS-}" ] || [ ! -e "$MUTU_WORLD/leaves.$name" ] || exit 0
  : >"$MUTU_NEXT/$name.rehearsed"
  guilty=$(sed -n 's/^[AM] //p' "$MUTU_CHANGED" | (cd "$MUTU_RELEASE" && xargs grep -l POISON))
  [ -z "$guilty" ] || { echo "$name: $MUTU_RELEASE/$guilty line 1: POISON"; exit 1; }
  ;;
prepare) [ ! -e "$MUTU_WORLD/leaves.$name" ] || ! (cd "$MUTU_RELEASE" && grep -rqs POISON -- */"$name") || { echo "$name does not start"; exit 1; }
  # a start proves what the rehearsal would have
  echo "\${MUTU_RELEASE##*/}" >"$MUTU_WORLD/beside.$name"; echo "\${MUTU_NEXT##*/}" >"$MUTU_NEXT/$name.colour" ;;
commit) echo "\${MUTU_RELEASE##*/}" >"$MUTU_WORLD/serving.$name" ;;
abort | settle) rm -f "$MUTU_WORLD/beside.$name" ;;
halt) rm -f "$MUTU_WORLD/serving.$name" "$MUTU_WORLD/beside.$name" ;;
boot) echo "\${MUTU_RELEASE##*/}" >"$MUTU_WORLD/serving.$name" ;;
status) echo "version 1.0"; [ ! -e "$MUTU_WORLD/serving.$name" ] || echo "loaded $(cat "$MUTU_WORLD/serving.$name")" ;;
certificates)
  [ "$name" != second ] || exit 64
  while read -r act what; do
    case $act in
    put) mv -fT "$MUTU_CERTIFICATES/$what.pem" "$MUTU_ROOT/tls/$what.pem" ;;
    remove) rm -f "$MUTU_ROOT/tls/$what.pem" ;;
    thumbprint) echo "$what" >>"$MUTU_WORLD/prints" ;;
    esac || exit 1
  done <"$MUTU_CERTIFICATES/list"
  ;;
*) exit 64 ;;
esac
`;

export interface Rig {
  folder: string;
  root: string;
  world: string;
  conf: string;
  machine: Machine;
  door: DirectDoor;
  /** Runs apply with these words as they are. */
  apply(words: string[], stdin?: Readable | Buffer, env?: NodeJS.ProcessEnv): Promise<CommandResult>;
  /** Writes the machine file anew with these keys changed (null: left out). */
  configure(keys: Record<string, string | null>): Promise<void>;
  /** What the driver was called with: `prepare next=1 live= …`. */
  calls(daemon: string): Promise<string[]>;
  /** What each step was told to have changed, sorted: `prepare M 3f/first/a.conf`. */
  changed(daemon: string): Promise<string[]>;
  forget(): Promise<void>;
  /** Root that the daemon answers from. */
  serving(daemon: string): Promise<string | null>;
  /** Root to which `live` leads, and its files as they really are on the disk. */
  live(): Promise<{ root: string; tree: Tree } | null>;
  say(file: string, words: string): Promise<void>;
  unsay(file: string): Promise<void>;
}

/** Makes a machine; removed when the test ends. */
export async function makeRig(t: Pick<TestContext, "after">, shell: readonly string[] = ["dash"], daemons = ["first", "second"]): Promise<Rig> {
  const folder = await mkdtemp(join(MEMORY, "mutu-apply-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [root, world, drivers, conf] = ["root", "world", "daemons", "machine.conf"].map((name) => join(folder, name)) as [string, string, string, string];
  await mkdir(root);
  await mkdir(world);
  for (const daemon of daemons) {
    await mkdir(join(drivers, daemon), { recursive: true });
    await writeFile(join(drivers, daemon, "driver"), DRIVER);
    await chmod(join(drivers, daemon, "driver"), 0o755);
  }
  const basic: Record<string, string> = {
    MUTU_HOST: "web1",
    MUTU_ROOT: root,
    MUTU_START: "direct",
    MUTU_PRIVILEGED: "no",
    MUTU_DAEMONS: daemons.join(" "),
    MUTU_DRIVERS: drivers,
    MUTU_MAX_BYTES: "4000000",
    MUTU_DRIVER_SECONDS: "20",
    MUTU_WORLD: world,
  };
  const configure = async (keys: Record<string, string | null>): Promise<void> => {
    const lines = Object.entries({ ...basic, ...keys }).filter(([, value]) => value !== null);
    await writeFile(conf, lines.map(([key, value]) => `${key}=${value}\n`).join(""), { mode: 0o644 });
  };
  await configure({});
  const door: DirectDoor = { kind: "direct", argv: [...absolute(shell), APPLY, "-c", conf] };
  const text = (path: string): Promise<string | null> => readFile(path, "utf8").catch(() => null);
  return {
    folder,
    root,
    world,
    conf,
    door,
    configure,
    machine: openMachine(door),
    apply: (words, stdin, env) => runCommand({ argv: [...door.argv, ...words], stdin, env, timeoutSeconds: 60 }),
    calls: async (daemon) => ((await text(join(world, `calls.${daemon}`))) ?? "").split("\n").filter(Boolean),
    changed: async (daemon) => ((await text(join(world, `changed.${daemon}`))) ?? "").split("\n").filter(Boolean).sort(),
    forget: async () => {
      for (const name of await readdir(world)) if (/^(calls|changed)\./.test(name)) await rm(join(world, name));
    },
    serving: async (daemon) => (await text(join(world, `serving.${daemon}`)))?.trim() ?? null,
    live: () => readLive(root),
    say: (file, words) => writeFile(join(world, file), words),
    unsay: (file) => rm(join(world, file), { force: true }),
  };
}

const absolute = ([program = "", ...args]: readonly string[]): string[] => [`/bin/${program}`, ...args];

async function readLive(root: string): Promise<{ root: string; tree: Tree } | null> {
  const name = await readFile(join(root, "live/root"), "utf8").catch(() => null);
  if (name === null) return null;
  const tree: Tree = {};
  // All at once: two hundred and fifty-six folders, one promise each, took longer than the verbs that they are read after.
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(folder, entry.name), `${prefix}${entry.name}/`);
      else tree[`${prefix}${entry.name}`] = readFileSync(join(folder, entry.name), "utf8");
    }
  };
  for (const shard of SHARDS) walk(join(root, "live/release", shard), `${shard}/`);
  return { root: name.trim(), tree };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Hash of each shard of a tree that holds files. */
export function shardsOf(tree: Tree): Map<string, string> {
  const entries = new Map<string, { path: string; hash: string }[]>();
  for (const [path, content] of Object.entries(tree)) {
    const shard = path.slice(0, 2);
    entries.set(shard, [...(entries.get(shard) ?? []), { path: path.slice(3), hash: sha256(content) }]);
  }
  return new Map([...entries].map(([shard, files]) => [shard, shardHash(files)]));
}

export const rootOf = (tree: Tree): string => rootHash(shardsOf(tree));

/** The change from one tree to another, as the engine would announce it. `before` null: a fresh machine. */
export function changeBetween(before: Tree | null, after: Tree): ReleaseChange {
  const [old, fresh] = [shardsOf(before ?? {}), shardsOf(after)];
  const shards = SHARDS.map((name) => ({ name, oldHash: old.get(name) ?? EMPTY_SHARD, newHash: fresh.get(name) ?? EMPTY_SHARD }));
  return {
    base: before === null ? null : rootOf(before),
    root: rootOf(after),
    shards: shards.filter(({ oldHash, newHash }) => oldHash !== newHash),
    deletes: Object.keys(before ?? {}).filter((path) => !(path in after)),
    puts: Object.entries(after)
      .filter(([path, content]) => before?.[path] !== content)
      .map(([path, content]) => ({ path, hash: sha256(content), read: () => content })),
  };
}

/** Stages `after` on `before`. */
export const stage = (rig: Rig, fence: number, before: Tree | null, after: Tree) => {
  const change = changeBetween(before, after);
  return rig.machine.stage({ fence, base: change.base, root: change.root }, packRelease(change));
};

/** Stages and activates; throws when either fails. */
export async function publish(rig: Rig, fence: number, before: Tree | null, after: Tree): Promise<void> {
  const staged = await stage(rig, fence, before, after);
  if (!staged.ok) throw new Error(`stage: ${JSON.stringify(staged.failure)}`);
  const base = before === null ? null : rootOf(before);
  const active = await rig.machine.activate({ fence, base, root: rootOf(after) });
  if (!active.ok) throw new Error(`activate: ${JSON.stringify(active.failure)}`);
}
