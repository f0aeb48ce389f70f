/** Values that must not be seen, and how they are kept in the database: AES-256-GCM, bound to the place where they stand. */
import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const SHOWN = "[secret]";
const KEY_BYTES = 32;
const KEY_FILE_HEAD = "# Mutu: keys that seal secrets in the database. The first one seals. Keep it in the backup, apart from the database.\n";
const IV_BYTES = 12; // NIST SP 800-38D §5.2.1.1: 96 bits is the length that GCM wants
const TAG_BYTES = 16;

/** A value that prints `[secret]` wherever it is printed; `reveal()` is the one way to it, easy to search for. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Gives the value itself. */
  reveal(): string {
    return this.#value;
  }

  /** Compares without telling by its duration where two values differ. */
  equals(other: Secret | string): boolean {
    const mine = Buffer.from(this.#value);
    const theirs = Buffer.from(typeof other === "string" ? other : other.reveal());
    return mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.toPrimitive](): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** Keys by their id; the first one seals, all of them open. */
export interface KeyRing {
  current: string;
  keys: ReadonlyMap<string, Buffer>;
  /** Reads the key file again if it is another than it was: a key that was changed meanwhile, by any process, neither seals nor is missed. */
  refresh?(): void;
}

/** The place of a sealed value: moved to another row or column, it does not open. */
export interface SealPlace {
  table: string;
  row: string;
  column: string;
}

/** Seals a value for one place: `v1.<key id>.<iv>.<tag>.<text>`, base64url. */
export function seal(ring: KeyRing, place: SealPlace, value: Secret): string {
  ring.refresh?.();
  const key = ring.keys.get(ring.current);
  if (!key) throw new Error(`no key "${ring.current}" in the key file`);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(associated(ring.current, place));
  const text = Buffer.concat([cipher.update(value.reveal(), "utf8"), cipher.final()]);
  return ["v1", ring.current, iv.toString("base64url"), cipher.getAuthTag().toString("base64url"), text.toString("base64url")].join(".");
}

/** Opens a sealed value; throws when it was changed, moved, or its key is not in the ring. */
export function unseal(ring: KeyRing, place: SealPlace, sealed: string): Secret {
  const [version, id, iv, tag, text, ...rest] = sealed.split(".");
  if (version !== "v1" || id === undefined || iv === undefined || tag === undefined || text === undefined || rest.length > 0)
    throw new Error(`${describe(place)}: not a sealed value`);
  if (!ring.keys.has(id)) ring.refresh?.();
  const key = ring.keys.get(id);
  if (!key) throw new Error(`${describe(place)}: sealed with key "${id}", which is not in the key file`);
  const tagBytes = Buffer.from(tag, "base64url");
  if (tagBytes.length !== TAG_BYTES) throw new Error(`${describe(place)}: not a sealed value`);
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"), { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(id, place));
  decipher.setAuthTag(tagBytes);
  try {
    return new Secret(Buffer.concat([decipher.update(Buffer.from(text, "base64url")), decipher.final()]).toString("utf8"));
  } catch (cause) {
    throw new Error(`${describe(place)}: the sealed value was changed or belongs elsewhere`, { cause });
  }
}

/** Reads a key file: lines `<id> <32 bytes in base64>`, the first one seals. */
export function parseKeyRing(text: string): KeyRing {
  const keys = new Map<string, Buffer>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [id, encoded] = line.trim().split(/\s+/);
    const key = Buffer.from(encoded ?? "", "base64");
    if (!id || !/^[a-z0-9-]{1,32}$/.test(id)) throw new Error(`line ${index + 1}: a key's name is 1 to 32 of a-z, 0-9 and -`);
    if (key.length !== KEY_BYTES) throw new Error(`line ${index + 1}: key "${id}" is not 32 bytes in base64`);
    if (new Set(key).size < 8) throw new Error(`line ${index + 1}: key "${id}" is weak: make one with \`openssl rand -base64 32\``);
    if (keys.has(id)) throw new Error(`line ${index + 1}: key "${id}" stands twice`);
    keys.set(id, key);
  }
  const current = keys.keys().next().value;
  if (current === undefined) throw new Error("no key in it");
  return { current, keys };
}

/** Tells with which key a value is sealed; null: it is not a sealed one. */
export function sealedWith(sealed: string): string | null {
  return /^v1\.([a-z0-9-]{1,32})\.[\w-]+\.[\w-]+\.[\w-]*$/.exec(sealed)?.[1] ?? null;
}

/** Writes a key file's text with one new random key. */
export function newKeyFile(id: string): string {
  return `${KEY_FILE_HEAD}${id} ${randomBytes(KEY_BYTES).toString("base64")}\n`;
}

/** Writes the text of a key ring; its current key stands first, and so seals. */
export function keyFileOf({ current, keys }: KeyRing): string {
  const sorted = [...keys].sort(([a], [b]) => Number(b === current) - Number(a === current));
  return `${KEY_FILE_HEAD}${sorted.map(([id, key]) => `${id} ${key.toString("base64")}\n`).join("")}`;
}

/** Makes a key of its own for a ring; it opens and does not seal yet. */
export function addRandomKey(ring: KeyRing, id: string): KeyRing {
  return { current: ring.current, keys: new Map([...ring.keys, [id, randomBytes(KEY_BYTES)]]) };
}

function associated(key: string, place: SealPlace): Buffer {
  return Buffer.from(JSON.stringify([key, place.table, place.row, place.column]));
}

function describe(place: SealPlace): string {
  return `${place.table} ${place.row} ${place.column}`;
}
