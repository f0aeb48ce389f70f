/** `mutu secrets rotate`: a new key for everything that is sealed. The old one stays in the key file until nothing needs it any more. */
import { randomBytes } from "node:crypto";
import { open, readFile, rename, stat } from "node:fs/promises";
import { providerOf } from "../../core/db.js";
import { conflict } from "../../core/errors.js";
import type { SealedColumns } from "../../core/feature.js";
import { addRandomKey, type KeyRing, keyFileOf, parseKeyRing, Secret, seal, sealedWith, unseal } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { compact } from "./backup.js";

const PAGE = 200;
/** Values that do not open; more than these are only counted. */
const MOST_FAULTS = 20;

export interface Rotation {
  /** The key that seals from now on. */
  key: string;
  /** A rotation of before was cut off: this one only went on. */
  resumed: boolean;
  rows: number;
  contents: number;
  /** What did not open with any key of the file. */
  faults: string[];
}

/** Puts a key into the file that opens and does not seal yet: to be copied to every panel of another machine before `rotateSecrets`. Gives its name. */
export async function prepareKey(services: Services, file: string): Promise<string> {
  const ring = await readRing(file);
  const known = preparedKey(ring);
  if (known !== null) return known;
  let id = `next-${compact(services.clock.now()).toLowerCase()}`;
  // An administrator may have named a key "prod": the next one is told from those of before by its name alone.
  while (id < ring.current) id = `z${id}`;
  while (ring.keys.has(id)) id += "b";
  await writeRing(file, addRandomKey(ring, id));
  return id;
}

/** Seals everything with another key. Killed at any moment, it goes on where it was when it is called again. */
export async function rotateSecrets(services: Services, file: string): Promise<Rotation> {
  const ring = services.env.keys;
  ring.refresh?.();
  const resumed = (await countForeign(services)) > 0;
  if (!resumed) {
    const id = await prepareKey(services, file);
    await writeRing(file, { ...(await readRing(file)), current: id });
    ring.refresh?.();
    if (ring.current !== id) throw new Error(`this program did not take the key ${id} from ${file}`);
  }
  const found = await resealRows(services);
  const contents = await publisherOf(services).store.reseal();
  const rotation = { key: ring.current, resumed, rows: found.count, contents: contents.count, faults: [...found.faults, ...contents.faults] };
  await services.context({ kind: "system", name: "secrets" }).transaction(async (tx) => {
    const object = { type: "key", id: rotation.key, name: rotation.key };
    tx.audit({ verb: "backups.key.changed", accountId: null, object, new: { rows: found.count, contents: contents.count, faults: rotation.faults.length } });
  });
  return rotation;
}

/** Takes every key but the current one out of the file; refused while anything is sealed with one of them. Gives those that left. */
export async function dropOldKeys(services: Services, file: string): Promise<string[]> {
  services.env.keys.refresh?.();
  const count = await countForeign(services);
  if (count > 0) throw conflict("backups.keys_in_use", { count });
  const ring = await readRing(file);
  const key = ring.keys.get(ring.current);
  if (key === undefined) throw new Error("the key file holds no key");
  const left = [...ring.keys.keys()].filter((id) => id !== ring.current);
  if (left.length === 0) return [];
  await writeRing(file, { current: ring.current, keys: new Map([[ring.current, key]]) });
  services.env.keys.refresh?.();
  await services.context({ kind: "system", name: "secrets" }).transaction(async (tx) => {
    for (const id of left) tx.audit({ verb: "backups.key.dropped", accountId: null, object: { type: "key", id, name: id } });
  });
  return left;
}

/** How many values are sealed with another key than the current one, in rows and in the store. */
async function countForeign(services: Services): Promise<number> {
  let count = await publisherOf(services).store.countForeign();
  for (const place of placesOf(services)) for await (const _ of foreign(services, place)) count += 1;
  return count;
}

interface Place {
  table: string;
  column: string;
}

function placesOf(services: Services): Place[] {
  const sealed = services.features.flatMap((feature): readonly SealedColumns[] => feature.sealed ?? []);
  return sealed.flatMap(({ table, columns }) => columns.map((column) => ({ table, column })));
}

async function resealRows(services: Services): Promise<{ count: number; faults: string[] }> {
  const { keys } = services.env;
  const done = { count: 0, faults: [] as string[] };
  for (const { table, column } of placesOf(services)) {
    for await (const { id, sealed } of foreign(services, { table, column })) {
      try {
        const place = { table, row: id, column };
        const next = seal(keys, place, new Secret(unseal(keys, place, sealed).reveal()));
        // Whoever wrote another value meanwhile sealed it with the new key: that one stays.
        await services.db.$executeRawUnsafe(numbered(services, `UPDATE "${table}" SET "${column}" = ? WHERE "id" = ? AND "${column}" = ?`), next, id, sealed);
        done.count += 1;
      } catch (error) {
        if (done.faults.length < MOST_FAULTS) done.faults.push((error as Error).message);
      }
    }
  }
  return done;
}

/** Rows of a column whose value another key sealed, some at a time. */
async function* foreign(services: Services, { table, column }: Place): AsyncGenerator<{ id: string; sealed: string }> {
  const { current } = services.env.keys;
  const sql = numbered(services, `SELECT "id", "${column}" AS "sealed" FROM "${table}" WHERE "id" > ? AND "${column}" <> '' ORDER BY "id" LIMIT ${PAGE}`);
  for (let after = ""; ; ) {
    const rows = await services.db.$queryRawUnsafe<{ id: string; sealed: string }[]>(sql, after);
    for (const row of rows) if (sealedWith(row.sealed) !== current) yield row;
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = last.id;
  }
}

/** PostgreSQL counts its places. */
function numbered({ env }: Services, sql: string): string {
  if (providerOf(env.databaseUrl.reveal()) === "sqlite") return sql;
  let count = 0;
  return sql.replaceAll("?", () => {
    count += 1;
    return `$${count}`;
  });
}

const preparedKey = ({ current, keys }: KeyRing): string | null => [...keys.keys()].find((id) => /^z*next-/.test(id) && id > current) ?? null;

async function readRing(file: string): Promise<KeyRing> {
  return parseKeyRing(await readFile(file, "utf8"));
}

/** Aside, synced, renamed: the old keys are in the file at every moment. */
async function writeRing(file: string, ring: KeyRing): Promise<void> {
  const { uid, gid } = await stat(file);
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  const handle = await open(aside, "wx", 0o600);
  try {
    if (process.getuid?.() === 0) await handle.chown(uid, gid);
    await handle.writeFile(keyFileOf(ring));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
}
