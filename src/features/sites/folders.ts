/** Folders of an account: whole segments below its home, nothing that could lead elsewhere. */
import { displayName } from "../domains/index.js";

declare const brand: unique symbol;
/** Path below the home: NFC, whole segments, no leading nor trailing slash. */
export type FolderPath = string & { readonly [brand]: "FolderPath" };

const MAX_SEGMENT = 100;
const MAX_PATH = 200;
const MAX_DEPTH = 8;
// Members' folders may carry accents and spaces; not what a shell, a config file or a terminal reads as something else.
const SEGMENT = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N} ._+@-]*$/u;
/** Beside document folders in every home (HOSTING.md 25, DESIGN "Members' files"). */
const RESERVED = new Set(["logs", "tmp", "sessions", "mail", "bin"]);

/** Reads a typed folder; null when a segment is empty, a dot, hidden, ends in a space or dot, or belongs to the panel. */
export function parseFolder(typed: string): FolderPath | null {
  const path = typed.normalize("NFC").replace(/^\//, "").replace(/\/$/, "");
  if (path.length > MAX_PATH || Buffer.byteLength(path) > MAX_PATH) return null;
  const segments = path.split("/");
  if (segments.length > MAX_DEPTH || RESERVED.has((segments[0] ?? "").toLowerCase())) return null;
  const sound = segments.every((segment) => SEGMENT.test(segment) && segment.length <= MAX_SEGMENT && !/[ .]$/.test(segment));
  return sound ? (path as FolderPath) : null;
}

/** Tells whether a folder is another, or lies in it. */
export function folderWithin(folder: string, other: string): boolean {
  return folder === other || folder.startsWith(`${other}/`);
}

/** xn--caf-dma.fr → cafe.fr: letters that every FTP client shows; a name in another script stays an A-label. */
function plainName(name: string): string {
  const plain = displayName(name).normalize("NFD").replace(/\p{M}/gu, "");
  return /^[a-z0-9.-]+$/.test(plain) ? plain : name;
}

/** Proposes a folder for a name: example.org and www.example.org → www/example.org, blog.example.org → www/blog.example.org. */
export function proposeFolder(name: string, taken: ReadonlySet<string>): FolderPath {
  const bare = plainName(name.replace(/^\*\./, "").replace(/^www\./, ""));
  const first = `www/${bare.slice(0, MAX_SEGMENT)}`;
  let folder = first;
  for (let n = 2; taken.has(folder); n += 1) folder = `${first}-${n}`;
  return folder as FolderPath;
}
