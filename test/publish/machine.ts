/** A machine in a folder: the real apply, drivers that read what is generated, and a web server that answers from the live release. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { selfSigned } from "../../src/core/http/certificate.js";
import type { DirectDoor } from "../../src/core/machine/index.js";
import type { Scope } from "../support/database.js";

const APPLY = resolve(import.meta.dirname, "../../machines/apply");
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/**
 * The driver of every test daemon. Words of a generated file decide: POISON is refused by rehearse, which names file and line; MUTTER is
 * refused by rehearse without a name; STRANGLE passes rehearse and is refused by prepare, with a name; SMOTHER likewise without one;
 * FOUL is refused by commit. `fail.<step>` in the world makes that step fail with its content as words.
 */
const DRIVER = `#!/bin/sh
set -u
name=\${0%/driver}; name=\${name##*/}
echo "$1" >>"$MUTU_WORLD/calls"
if [ -e "$MUTU_WORLD/fail.$1" ]; then cat "$MUTU_WORLD/fail.$1"; exit 1; fi
named() { grep -nrH "$1" $2 | sed 's/^\\([^:]*\\):\\([0-9]*\\):.*/Syntax error on line \\2 of \\1: '"$1"'/'; }
own() { sed -n "s:^[AM] \\(../$name/.*\\):$MUTU_RELEASE/\\1:p" "$MUTU_CHANGED"; }
case $1 in
rehearse)
  files=$(own); [ -n "$files" ] || exit 0
  if grep -q MUTTER $files; then echo "something is wrong"; exit 1; fi
  if grep -q POISON $files; then named POISON "$files"; exit 1; fi
  ;;
prepare)
  files=$(find -L "$MUTU_RELEASE"/ -path "*/$name/*" -type f); [ -n "$files" ] || exit 0
  if grep -q STRANGLE $files; then named STRANGLE "$files"; exit 1; fi
  if grep -q SMOTHER $files; then echo "it died"; exit 1; fi
  ;;
commit)
  files=$(find -L "$MUTU_RELEASE"/ -path "*/$name/*" -type f); [ -n "$files" ] || exit 0
  if grep -q FOUL $files; then named FOUL "$files"; exit 1; fi
  ;;
status)
  # A test that holds it says when it goes on.
  if [ -e "$MUTU_WORLD/hold.status" ]; then
    echo >"$MUTU_WORLD/at.status"
    while [ -e "$MUTU_WORLD/hold.status" ]; do sleep 0.05; done
  fi
  echo "version 1.0"
  ;;
esac
exit 0
`;

export interface TestMachine {
  folder: string;
  root: string;
  door: DirectDoor;
  port: number;
  /** Names that answer wrongly or not at all, whatever is published: `mute` no answer, `stale` another hash, `lost` 404. */
  faults: Map<string, "mute" | "stale" | "lost">;
  /** Files that really serve: `tester/accounts/2001.conf` → content; null: nothing was ever published. */
  live(): Promise<Record<string, string> | null>;
  /** What the drivers were called for. */
  calls(): string[];
  fail(step: string, words: string): Promise<void>;
  mend(step: string): Promise<void>;
  /** Makes the web server answer nobody (or everybody again). */
  silence(on: boolean): void;
  /** Changes live files by hand: all of them, or the one of this name. */
  tamper(name?: string, line?: string): Promise<void>;
  /** The folder of a live file's shard: `tester/accounts` of `2001.conf`. */
  folderOf(name: string): Promise<string>;
  /** Takes the door away, as a machine that is off does; and gives it back. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Puts the machine on a root that no panel knows. */
  forgeRoot(): Promise<void>;
  /** Installs the machine again: nothing of before is left. */
  wipe(): Promise<void>;
}

/** Makes a machine; its files are gone when the test ends. */
export async function makeMachine(t: Scope, name = "web1", daemons = ["tester"]): Promise<TestMachine> {
  const folder = await mkdtemp(join(MEMORY, "mutu-publish-"));
  t.after(async () => {
    execFileSync("chmod", ["-R", "u+w", folder]);
    await rm(folder, { recursive: true, force: true });
  });
  const [root, world, drivers, conf] = ["root", "world", "daemons", "machine.conf"].map((part) => join(folder, part)) as [string, string, string, string];
  await mkdir(root);
  await mkdir(world);
  for (const daemon of daemons) {
    await mkdir(join(drivers, daemon), { recursive: true });
    await writeFile(join(drivers, daemon, "driver"), DRIVER);
    await chmod(join(drivers, daemon, "driver"), 0o755);
  }
  const settings = { HOST: name, ROOT: root, START: "direct", PRIVILEGED: "no", DAEMONS: daemons.join(" "), DRIVERS: drivers, WORLD: world };
  await writeFile(
    conf,
    Object.entries(settings)
      .map(([key, value]) => `MUTU_${key}=${value}\n`)
      .join(""),
    { mode: 0o644 },
  );
  // A door of its own for each machine, so that one can be taken away.
  const apply = join(folder, "apply");
  await writeFile(apply, `#!/bin/sh\nexec ${APPLY} "$@"\n`, { mode: 0o755 });
  const faults: TestMachine["faults"] = new Map();
  let silent = false;
  const server = await listen(t, root, faults, () => silent);
  return {
    folder,
    root,
    faults,
    door: { kind: "direct", argv: [apply, "-c", conf] },
    port: (server.address() as AddressInfo).port,
    live: () => readLive(root),
    calls: () => (existsSync(join(world, "calls")) ? readFileSync(join(world, "calls"), "utf8").trim().split("\n") : []),
    fail: (step, words) => writeFile(join(world, `fail.${step}`), words),
    mend: (step) => rm(join(world, `fail.${step}`)),
    silence: (on) => {
      silent = on;
    },
    async tamper(name, line = "# by hand") {
      for (const file of await listLive(root)) {
        if (name !== undefined && basename(file) !== name) continue;
        await chmod(file, 0o644);
        await appendFile(file, `${line}\n`);
      }
    },
    async folderOf(name) {
      const found = (await listLive(root)).find((file) => basename(file) === name);
      if (found === undefined) throw new Error(`${name} is not live`);
      return dirname(found);
    },
    lock: () => rename(apply, `${apply}.away`),
    unlock: () => rename(`${apply}.away`, apply),
    forgeRoot: () => writeFile(join(root, "live/root"), `${"f".repeat(64)}\n`),
    async wipe() {
      execFileSync("chmod", ["-R", "u+w", root]);
      await rm(root, { recursive: true });
      await mkdir(root);
    },
  };
}

/** Real paths of the live release's files. */
async function listLive(root: string): Promise<string[]> {
  const shards = (await readdir(join(root, "live/release"))).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const folders = [...new Set(await Promise.all(shards.map((shard) => realpath(join(root, "live/release", shard)))))];
  const entries = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })));
  return entries.flat().flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

async function readLive(root: string): Promise<Record<string, string> | null> {
  if (!existsSync(join(root, "live"))) return null;
  const release = join(root, "live/release");
  const files: Record<string, string> = {};
  for (const shard of (await readdir(release)).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort()) {
    for (const entry of await readdir(join(release, shard), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files[path.slice(join(release, shard).length + 1)] = readFileSync(path, "utf8");
    }
  }
  return files;
}

/** Answers each name's probe with the hash that its live file carries, as the real chain does; any other name gets a default page. */
async function listen(t: Scope, root: string, faults: TestMachine["faults"], silent: () => boolean): Promise<Server> {
  const { key, certificate: cert } = selfSigned(["test"], [], new Date());
  let indexed = "";
  let index: Promise<Map<string, string>> = Promise.resolve(new Map());
  const server = createServer({ key, cert }, (request, response) => {
    const name = (request.headers.host ?? "").split(":")[0] as string;
    const fault = faults.get(name);
    if (fault === "mute" || silent()) return void request.socket.destroy();
    answer().then(
      (hash) => {
        if (fault === "stale") return response.end("0".repeat(64));
        if (hash === undefined || fault === "lost") return response.writeHead(404).end("default page");
        return response.end(hash);
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );

    async function answer(): Promise<string | undefined> {
      const live = existsSync(join(root, "live")) ? readlinkSync(join(root, "live")) : "";
      if (live !== indexed) index = readLive(root).then((files) => indexOf(Object.values(files ?? {})));
      indexed = live;
      return request.url === "/.well-known/mutu-probe" ? (await index).get(name) : undefined;
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

/** Maps each name of the generated files to the hash that stands beside it. */
function indexOf(files: string[]): Map<string, string> {
  return new Map(
    files.flatMap((text) => {
      const hash = /^probe (\S+)$/m.exec(text)?.[1] ?? "";
      return [...text.matchAll(/^name (\S+)$/gm)].map(([, name]) => [name as string, hash] as const);
    }),
  );
}
