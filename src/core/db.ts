/** The database: SQLite embedded or PostgreSQL by one setting, the same models. */
import type { Prisma, PrismaClient } from "../generated/sqlite/client.js";
import { PrismaSqlite } from "./sqlite.js";

/** What an act uses: the client, or the client of its transaction. Both databases' clients have this type. */
export type Db = Prisma.TransactionClient;

export type Provider = "sqlite" | "postgresql";

/** An open database. Only `transaction.ts` opens transactions. */
export interface Database {
  readonly provider: Provider;
  readonly client: PrismaClient;
  close(): Promise<void>;
}

/** Tells which database an address means, or throws. */
export function providerOf(url: string): Provider {
  if (url.startsWith("file:")) return "sqlite";
  if (/^postgres(ql)?:\/\//.test(url)) return "postgresql";
  throw new Error("the database address must begin with file: or postgresql://");
}

/** Gives the path of a `file:` address. */
export function sqlitePath(url: string): string {
  return url.slice("file:".length);
}

/** Opens `file:/path/to.db` or `postgresql://…`; the tables must be there (`mutu database migrate`). */
export async function openDatabase(url: string): Promise<Database> {
  const provider = providerOf(url);
  const client = provider === "sqlite" ? await sqliteClient(sqlitePath(url)) : await postgresqlClient(url);
  // The first query is made here, so that a wrong address is known at boot and not at the first page.
  await client.$queryRaw`SELECT 1`;
  return { provider, client, close: () => client.$disconnect() };
}

async function sqliteClient(path: string): Promise<PrismaClient> {
  const generated = await import("../generated/sqlite/client.js");
  return new generated.PrismaClient({ adapter: new PrismaSqlite(path) });
}

async function postgresqlClient(url: string): Promise<PrismaClient> {
  const [generated, { PrismaPg }] = await Promise.all([import("../generated/postgresql/client.js"), import("@prisma/adapter-pg")]);
  // The one cast between the two clients; they are generated from the same models.
  return new generated.PrismaClient({ adapter: new PrismaPg({ connectionString: url }) }) as unknown as PrismaClient;
}

/** Did another transaction get in the way, so that this one may be run again? */
export function isWriteConflict(error: unknown): boolean {
  if (isKnown(error) && error.code === "P2034") return true;
  const cause = driverCause(error);
  return cause?.kind === "TransactionWriteConflict" || cause?.originalCode === "40001" || cause?.originalCode === "40P01";
}

/** Is there a row with this key already? */
export function isUniqueViolation(error: unknown): boolean {
  if (isKnown(error) && error.code === "P2002") return true;
  const cause = driverCause(error);
  return cause?.kind === "UniqueConstraintViolation" || cause?.originalCode === "23505";
}

interface DriverCause {
  kind?: string;
  originalCode?: string;
}

function isKnown(error: unknown): error is { code: string; meta?: Record<string, unknown> } {
  return typeof error === "object" && error !== null && typeof (error as { code?: unknown }).code === "string";
}

function driverCause(error: unknown): DriverCause | undefined {
  const carrier = error as { name?: string; cause?: unknown; meta?: { driverAdapterError?: { cause?: unknown } } };
  if (carrier?.name === "DriverAdapterError") return carrier.cause as DriverCause;
  return carrier?.meta?.driverAdapterError?.cause as DriverCause | undefined;
}
