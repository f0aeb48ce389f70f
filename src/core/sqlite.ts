/**
 * SQLite for Prisma over Node's own SQLite API: the built-in module where it is complete, its drop-in on Node 20. The stock adapters either need
 * a compiler, lose writes of others in a rollback, or leak file descriptors; this overrides the one public method of the libsql adapter that makes a client.
 */
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { PrismaLibSql } from "@prisma/adapter-libsql/web";

const BUSY_MILLISECONDS = 5000;
/** How long a transaction may wait for another process before it gives up. */
const BEGIN_WAIT_MILLISECONDS = 20_000;
const KEPT_STATEMENTS = 256;
const SQLITE_BUSY = 5;

type Client = ReturnType<PrismaLibSql["createClient"]>;
type Value = string | number | bigint | null | Uint8Array;

interface Statement {
  all(...values: Value[]): unknown[];
  run(...values: Value[]): { changes: number | bigint };
  columns(): { name: string; type: string | null }[];
  setReturnArrays(on: boolean): void;
  setReadBigInts(on: boolean): void;
}

/** The part of Node's `DatabaseSync` that we use. */
export interface SqliteConnection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Opens a connection with our settings. NORMAL keeps every commit through a crash of the program; a power cut can lose the last ones, never the file. */
export function openSqlite(path: string): SqliteConnection {
  const connection = new (databaseClass())(path);
  connection.exec(
    `PRAGMA busy_timeout=${BUSY_MILLISECONDS}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;`,
  );
  return connection;
}

/** Prisma's adapter for a SQLite file, on a connection of its own or on one that the caller opened and will close. */
export class PrismaSqlite extends PrismaLibSql {
  readonly #path: string;
  readonly #shared: SqliteConnection | undefined;

  constructor(path: string, options: { connection?: SqliteConnection } = {}) {
    super({ url: `file:${path}` });
    this.#path = path;
    this.#shared = options.connection;
  }

  override createClient(config: { url: string }): Client {
    const shared = config.url === ":memory:" ? undefined : this.#shared;
    const made = client(shared ?? openSqlite(config.url === ":memory:" ? ":memory:" : this.#path));
    return { ...made, close: shared ? () => {} : made.close } as unknown as Client;
  }
}

function databaseClass(): new (path: string) => SqliteConnection {
  const require = createRequire(import.meta.url);
  if (process.versions.node.split(".", 1)[0] === "20") return require("@photostructure/sqlite").DatabaseSync;
  const builtin = require("node:sqlite");
  // Node 22.13 has the module, 22.16 the last two methods that we need.
  const complete = "columns" in builtin.StatementSync.prototype && "setReturnArrays" in builtin.StatementSync.prototype;
  return complete ? builtin.DatabaseSync : require("@photostructure/sqlite").DatabaseSync;
}

function client(connection: SqliteConnection) {
  const prepared = new Map<string, { statement: Statement; columns: { name: string; type: string | null }[] }>();

  const prepare = (sql: string) => {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const made = { statement, columns: statement.columns() };
    if (prepared.size >= KEPT_STATEMENTS) prepared.delete(prepared.keys().next().value as string);
    prepared.set(sql, made);
    return made;
  };

  const execute = async ({ sql, args }: { sql: string; args: unknown[] }) =>
    guarded(() => {
      const { statement, columns } = prepare(sql);
      const values = args.map(bindable);
      if (columns.length === 0) return { columns: [], columnTypes: [], rows: [], rowsAffected: Number(statement.run(...values).changes) };
      const rows = (statement.all(...values) as unknown[][]).map((row) => row.map(readable));
      return { columns: columns.map((column) => column.name), columnTypes: columns.map((column) => column.type ?? ""), rows, rowsAffected: 0 };
    });

  const executeMultiple = async (script: string) =>
    guarded(() => {
      prepared.clear();
      connection.exec(script);
    });

  const finish = (word: "COMMIT" | "ROLLBACK") => async () => guarded(() => connection.exec(word));

  return {
    execute,
    executeMultiple,
    async transaction() {
      await begin(connection);
      return { execute, executeMultiple, commit: finish("COMMIT"), rollback: finish("ROLLBACK") };
    },
    close() {
      prepared.clear();
      connection.close();
    },
  };
}

/** Takes the write lock at once (a transaction that reads first would fail when it comes to write), without stopping this process while another one has it. */
async function begin(connection: SqliteConnection): Promise<void> {
  const end = performance.now() + BEGIN_WAIT_MILLISECONDS;
  for (;;) {
    try {
      connection.exec("PRAGMA busy_timeout=0");
      return connection.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (((error as { errcode?: number }).errcode ?? 0) % 256 !== SQLITE_BUSY || performance.now() > end) throw driverError(error);
    } finally {
      connection.exec(`PRAGMA busy_timeout=${BUSY_MILLISECONDS}`);
    }
    await wait(2 + Math.random() * 10);
  }
}

function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw driverError(error);
  }
}

/** Gives the error the shape that the adapter reads codes from. */
function driverError(error: unknown): Error {
  const { message, errcode } = error as Error & { errcode?: number };
  return Object.assign(new Error(message, { cause: error }), { code: "SQLITE_ERROR", rawCode: errcode ?? 1 });
}

function bindable(value: unknown): Value {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value as Value;
}

function readable(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array) return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  return value;
}
