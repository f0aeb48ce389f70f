/** What `certificates` takes on standard input: a manifest, then the files that are put, one per name. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pack as createPack } from "tar-stream";

/** A name's certificate on its way to a machine, or the word that it goes. */
export interface CertificateFile {
  /** A-label host name, or `*.example.org`. */
  name: string;
  /** Grows with each certificate of a name; a machine keeps the highest that it has seen and refuses a smaller one. */
  number: number;
  /** The chain, the name's own certificate first, then the key; null takes the file off: the fallback serves the name. */
  pem: string | null;
}

/** Why a machine left a name as it was. `key`: a kind or size of key that today's programs do not take. */
export type RefusedReason = "unreadable" | "mismatch" | "key" | "expired" | "name" | "older";

/** The file's name without `.pem`: a star is nothing that a file is called. */
export const certificateFileName = (name: string): string => name.replace(/^\*\./, "_wildcard.");
/** The name that a file is for. */
export const certificateName = (file: string): string => file.replace(/^_wildcard\./, "*.");

const MAX_FILE_NAME = 250; // nginx.conf's guard takes no longer name

/** Can a machine have a file of this name? One that cannot would have the whole tar refused, and with it everybody else's. */
export function isCertificateName(name: string): boolean {
  const file = certificateFileName(name);
  return file.length <= MAX_FILE_NAME && file !== "fallback" && /^[a-z0-9_][a-z0-9._-]*[a-z0-9]$/.test(file) && !file.includes("..");
}

/** Packs them sorted by name; the same input gives the same bytes. */
export function packCertificates(files: readonly CertificateFile[], thumbprint?: string): Readable {
  const pack = createPack();
  const sorted = files.map((file) => ({ ...file, file: certificateFileName(file.name) })).sort((a, b) => (a.file < b.file ? -1 : 1));
  const lines = sorted.map(({ file, number, pem }) =>
    pem === null ? `remove ${file} ${number}` : `put ${file} ${number} ${createHash("sha256").update(pem).digest("hex")}`,
  );
  if (thumbprint !== undefined) lines.push(`thumbprint ${thumbprint}`);
  const entry = (name: string, content: string): void => {
    pack.entry({ name, type: "file", mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }, content).on("error", (error) => pack.destroy(error));
  };
  entry("manifest", `${lines.join("\n")}\n`);
  for (const { file, pem } of sorted) if (pem !== null) entry(`files/${file}.pem`, pem);
  pack.finalize();
  return pack as unknown as Readable;
}
