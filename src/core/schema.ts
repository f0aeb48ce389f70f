/** Prisma's schema engine as WebAssembly: nothing is downloaded. It compares models with models, or with a database, and applies migrations. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  mockMigrationAwareAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import type { Provider } from "./db.js";

declare const WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: object } }> };

/** The part of the engine that we use. */
export interface SchemaEngine {
  diff(params: object): Promise<{ exitCode: number; stdout: string | null }>;
  applyMigrations(input: object): Promise<{ appliedMigrationNames: string[] }>;
  free(): void;
}

/** One schema file, as the engine takes it. */
export interface SchemaFile {
  path: string;
  content: string;
}

const NO_FILTERS = { externalTables: [], externalEnums: [] };
const prismaFolder = new URL("../../prisma/", import.meta.url);
let loading: Promise<{ SchemaEngine: { new: (options: object, log: () => void, adapter: object) => Promise<SchemaEngine> } }> | undefined;

/** Starts an engine on a database, or on none when it shall only compare models. */
export async function startSchemaEngine(provider: Provider, adapter?: SqlMigrationAwareDriverAdapterFactory): Promise<SchemaEngine> {
  loading ??= loadEngine();
  const { SchemaEngine } = await loading;
  const factory = adapter ?? (provider === "sqlite" ? mockMigrationAwareAdapterFactory("sqlite") : postgresqlStandIn);
  const datamodels = readSchema(provider).map(({ path, content }) => [path, content]);
  return SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory));
}

/** Reads the models with the head of one database. */
export function readSchema(provider: Provider): SchemaFile[] {
  const models = new URL("models/", prismaFolder);
  const files = [new URL(`${provider}/schema.prisma`, prismaFolder)];
  for (const name of readdirSync(models).sort()) if (name.endsWith(".prisma")) files.push(new URL(name, models));
  return files.map((url) => ({ path: fileURLToPath(url), content: readFileSync(url, "utf8") }));
}

/** Gives the SQL that makes all tables in an empty database. */
export async function schemaScript(provider: Provider): Promise<string> {
  return diffScript(provider, null, readSchema(provider));
}

/** Gives the SQL that leads from one schema (null: nothing) to another. */
export async function diffScript(provider: Provider, from: SchemaFile[] | null, to: SchemaFile[]): Promise<string> {
  const engine = await startSchemaEngine(provider);
  try {
    const start = from === null ? { tag: "empty" } : { tag: "schemaDatamodel", files: from };
    const result = await engine.diff({
      from: start,
      to: { tag: "schemaDatamodel", files: to },
      script: true,
      exitCode: null,
      shadowDatabaseUrl: null,
      filters: NO_FILTERS,
    });
    return provider === "sqlite" ? quoteJsonDefaults(result.stdout ?? "") : (result.stdout ?? "");
  } finally {
    engine.free();
  }
}

/** Puts quotes around default values of JSON columns, which the engine forgets on SQLite. */
function quoteJsonDefaults(script: string): string {
  return script.replace(/( JSONB (?:NOT NULL )?DEFAULT )([[{][^\n]*?)(,?)$/gm, (_, before: string, value: string, comma: string) => {
    return `${before}'${value.replaceAll("'", "''")}'${comma}`;
  });
}

/** Answers what the engine asks of every PostgreSQL (is the schema there, which version), so that models can be compared where none runs. */
const postgresqlStandIn: SqlMigrationAwareDriverAdapterFactory = {
  provider: "postgres",
  adapterName: "stand-in",
  connect: async () => standInConnection,
  connectToShadowDb: async () => standInConnection,
};

const standInConnection: SqlDriverAdapter = {
  provider: "postgres",
  adapterName: "stand-in",
  queryRaw: async () => ({
    columnNames: ["exists", "version", "numeric_version"],
    columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
    rows: [[true, "PostgreSQL 15.0", 150_000]],
  }),
  executeRaw: refuseStandIn,
  executeScript: refuseStandIn,
  startTransaction: refuseStandIn,
  dispose: async () => {},
};

async function refuseStandIn(): Promise<never> {
  throw new Error("no database is connected here");
}

/** Instantiates the module once per process: a second instance would share its glue and crash. */
async function loadEngine() {
  // Without this a panic of the engine is only "unreachable executed".
  (globalThis as { PRISMA_WASM_PANIC_REGISTRY?: object }).PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message(message: string) {
      process.stderr.write(`schema engine: ${message}\n`);
    },
  };
  const glue = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const wasmFile = createRequire(import.meta.url)
    .resolve("@prisma/schema-engine-wasm")
    .replace(/schema_engine\.js$/, "schema_engine_bg.wasm");
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), { "./schema_engine_bg.js": glue });
  (glue as unknown as { __wbg_set_wasm(exports: object): void }).__wbg_set_wasm(instance.exports);
  (instance.exports as unknown as { __wbindgen_start(): void }).__wbindgen_start();
  return glue as never;
}
