/** Proves a backup: every file of the manifest is in it, unchanged, and nothing else; its database is whole, and all contents that it names are there. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseKeyRing } from "../../core/secret.js";
import { openSqlite } from "../../core/sqlite.js";
import { MANIFEST, type Manifest, type Member, parseManifest, readArchive, textOf } from "./archive.js";
import { DATABASE_NAMES } from "./snapshot.js";

/** What is wrong with a backup; empty: nothing. */
export interface Proof {
  manifest: Manifest;
  faults: string[];
}

/** Reads a whole archive and compares it with its manifest. Throws when it cannot be read at all, or has none. */
export async function verifyBackup(file: string): Promise<Proof> {
  const folder = await mkdtemp(join(tmpdir(), "mutu-verify-"));
  try {
    const database = join(folder, "database.sqlite");
    const seen: Member[] = [];
    const faults: string[] = [];
    let manifest: Manifest | null = null;
    let keys = "";
    for await (const { header, content } of readArchive(file)) {
      if (manifest !== null) throw new Error("there is something behind the manifest");
      if (header.type !== "file") throw new Error(`${header.name} is no plain file`);
      if (header.name === MANIFEST) manifest = parseManifest(await textOf(content));
      else seen.push(await readMember(header.name, content, header.name === DATABASE_NAMES.sqlite ? database : null, (text) => (keys = text)));
    }
    if (manifest === null) throw new Error("it ends before its manifest: it was cut off, or is no backup of Mutu");
    faults.push(...compare(manifest.members, seen));
    try {
      parseKeyRing(keys);
    } catch (error) {
      faults.push(`the key file cannot be used: ${(error as Error).message}`);
    }
    if (manifest.provider === "sqlite" && faults.length === 0) faults.push(...lookInto(database, new Set(seen.map(({ name }) => name))));
    return { manifest, faults };
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readMember(name: string, content: AsyncIterable<Buffer>, file: string | null, keepKeys: (text: string) => void): Promise<Member> {
  const hash = createHash("sha256");
  let size = 0;
  const kept: Buffer[] = [];
  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      if (name === "panel/keys") kept.push(chunk);
      yield chunk;
    }
  }
  if (file !== null) await pipeline(content, hashed, createWriteStream(file, { mode: 0o600 }));
  else for await (const _ of hashed(content));
  if (name === "panel/keys") keepKeys(Buffer.concat(kept).toString("utf8"));
  return { name, size, sha256: hash.digest("hex") };
}

function compare(told: readonly Member[], seen: readonly Member[]): string[] {
  const found = new Map(seen.map((member) => [member.name, member]));
  const faults: string[] = [];
  if (found.size !== seen.length) faults.push("a file stands in it twice");
  for (const { name, sha256 } of told) {
    const member = found.get(name);
    found.delete(name);
    if (member === undefined) faults.push(`${name} is missing`);
    else if (member.sha256 !== sha256) faults.push(`${name} was changed`);
  }
  for (const name of found.keys()) faults.push(`${name} is not in the manifest`);
  return faults;
}

/** What a release names must lie in the store, or nothing could be compared or sent again after a restoration. */
function lookInto(database: string, names: ReadonlySet<string>): string[] {
  const connection = openSqlite(database);
  try {
    const [check] = connection.prepare("PRAGMA quick_check").all() as { quick_check: string }[];
    if (check?.quick_check !== "ok") return [`the database is damaged: ${check?.quick_check}`];
    const rows = connection.prepare('SELECT DISTINCT hash FROM "PublishedFile"').all() as { hash: string }[];
    const missing = rows.filter(({ hash }) => {
      const name = `panel/store/${hash.slice(0, 2)}/${hash}`;
      return !names.has(name) && !names.has(`${name}.sealed`);
    });
    return missing.length === 0 ? [] : [`${missing.length} contents of the live releases are missing, e.g. ${missing[0]?.hash}`];
  } finally {
    connection.close();
  }
}
