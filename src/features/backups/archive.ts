/** The archive: a tar of plain files, compressed by gzip or not, whose last file is the manifest: one that was cut off has none. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { pack as createPack, extract, type Header } from "tar-stream";
import { type Numbers, readNumbers, type Source } from "./sources.js";

export const MANIFEST = "manifest.json";
const FORMAT = 1;
const FAST = 1;
const MOST_MANIFEST_BYTES = 256 * 1024 * 1024;

/** What is told of the whole. */
export interface BackupHead {
  /** Of Mutu. */
  version: string;
  /** The last migration that the database had seen. */
  migration: string;
  provider: "sqlite" | "postgresql";
  madeAt: string;
  host: string;
  /** What could not be read, and is therefore not in it. */
  notIn: string[];
}

export interface Member {
  name: string;
  size: number;
  sha256: string;
}

export interface Manifest extends BackupHead {
  format: number;
  members: Member[];
}

/** Writes an archive; gives its manifest. `head` is asked when everything else is written. */
export async function writeArchive(out: Writable, sources: AsyncIterable<Source>, head: () => BackupHead, { plain = false } = {}): Promise<Manifest> {
  const [users, groups] = [await readNumbers("/etc/passwd"), await readNumbers("/etc/group")];
  const pack = createPack();
  const stream = pack as unknown as Readable;
  const flowing = plain ? pipeline(stream, out) : pipeline(stream, createGzip({ level: FAST }), out);
  // Its failure is waited for below; until then nobody listens.
  flowing.catch(() => {});
  try {
    const members: Member[] = [];
    for await (const source of sources) {
      const member = await addFile(pack, source, users, groups);
      if (member !== null) members.push(member);
    }
    const manifest: Manifest = { format: FORMAT, ...head(), members };
    await addText(pack, MANIFEST, `${JSON.stringify(manifest, null, 1)}\n`);
    pack.finalize();
    await flowing;
    return manifest;
  } catch (error) {
    pack.destroy(error as Error);
    throw error;
  }
}

type Pack = ReturnType<typeof createPack>;

/** A content of the store may have become a sealed one since it was listed; then that one is taken. */
async function addFile(pack: Pack, source: Source, users: Numbers, groups: Numbers): Promise<Member | null> {
  const { name, path } = source;
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && name.startsWith("panel/store/")) return null;
    throw new Error(`${path} cannot be read: ${error.message}`, { cause: error });
  });
  if (file === null) return name.endsWith(".sealed") ? null : addFile(pack, { name: `${name}.sealed`, path: `${path}.sealed` }, users, groups);
  const { size, mode, uid, gid, mtime } = await file.stat();
  // Exactly what was announced: a file that grows meanwhile is cut at its size of before, one that shrinks is an error. The stream closes the file.
  const content = file.createReadStream(size === 0 ? {} : { end: size - 1 });
  const owner = { uid, gid, uname: users.nameOf(uid), gname: groups.nameOf(gid) };
  const hash = createHash("sha256");
  await new Promise<void>((resolve, reject) => {
    const entry = pack.entry({ name, size, mode: mode & 0o777, mtime, type: "file", ...owner }, (error) => (error ? reject(error) : resolve()));
    entry.on("error", reject);
    entry.on("drain", () => content.resume());
    content.on("data", (chunk: string | Buffer) => {
      hash.update(chunk);
      if (!entry.write(chunk)) content.pause();
    });
    content.on("end", () => entry.end(null));
    content.on("error", reject);
  });
  return { name, size, sha256: hash.digest("hex") };
}

function addText(pack: Pack, name: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry({ name, mode: 0o600, type: "file", mtime: new Date(0) }, text, (error) => (error ? reject(error) : resolve()));
  });
}

/** One file as it comes out of an archive. */
export interface Entry {
  header: Header;
  content: Readable;
}

/** Reads an archive once, whatever it is compressed by; each content must be read to its end before the next one comes. */
export async function* readArchive(file: string): AsyncGenerator<Entry> {
  const begin = await firstBytes(file);
  const tar = extract();
  const source = createReadStream(file);
  const flowing =
    begin[0] === 0x1f && begin[1] === 0x8b ? pipeline(source, createGunzip(), tar as unknown as Writable) : pipeline(source, tar as unknown as Writable);
  // An error of the way here ends the reader of the tar, who tells it.
  flowing.catch((error: Error) => tar.destroy(error));
  try {
    for await (const entry of tar as unknown as AsyncIterable<Readable & { header: Header }>) yield { header: entry.header, content: entry };
    await flowing;
  } finally {
    source.destroy();
  }
}

async function firstBytes(file: string): Promise<Buffer> {
  if (!(await stat(file)).isFile()) throw new Error(`${file} is not a file`);
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Reads a stream into memory, up to a bound. */
export async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > MOST_MANIFEST_BYTES) throw new Error("the manifest is too large to be one");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Reads the manifest's text; throws when it is none that this version understands. */
export function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format !== FORMAT) throw new Error(`the backup has format ${manifest.format}; this version of Mutu reads ${FORMAT}`);
  return manifest;
}
