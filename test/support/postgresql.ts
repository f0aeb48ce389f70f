/** A private PostgreSQL for tests: a throw-away cluster on a Unix socket, without fsync, ended with the process that started it. */
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { PrismaPg } from "@prisma/adapter-pg";
import type { Scope } from "./database.js";

const START_SECONDS = 30;
/** A backend that was told to end needs a moment. */
const ROUNDS = 200;
const ROUND_MILLISECONDS = 5;

/** A running cluster: its socket folder is its whole address. */
export interface Cluster {
  socket: string;
  stop(): Promise<void>;
}

let shared: Promise<Cluster> | undefined;

/** A database that its test has left. */
interface Left {
  template: string;
  name: string;
}

/** For the next tests of this process: one from a template takes half a second, an emptied one some milliseconds. */
const left: Left[] = [];

/** Gives a database that holds these tables, empty. A test that changes the tables themselves takes an empty database instead. */
export async function createPostgresqlDatabase(t: Scope, script: string): Promise<string> {
  const socket = await sharedSocket();
  const template = `t_${createHash("sha256").update(script).digest("hex").slice(0, 24)}`;
  const name = `d_${randomBytes(8).toString("hex")}`;
  const at = left.findIndex((database) => database.template === template);
  const [old] = at === -1 ? [] : left.splice(at, 1);
  if (old === undefined || !(await takeOver(socket, old.name, name))) {
    await makeTemplate(socket, template, script);
    await run(socket, "postgres", `CREATE DATABASE ${name} TEMPLATE ${template}`);
  }
  t.after(() => void left.push({ template, name }));
  return address(socket, name);
}

/** Ends who still uses a database, gives it another name, so that nobody of its past finds it, and empties it; false when somebody would not go. */
async function takeOver(socket: string, old: string, name: string): Promise<boolean> {
  for (let round = 0; ; round += 1) {
    const rows = await run(socket, "postgres", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${old}'`);
    if (rows === 0) break;
    if (round === ROUNDS) return false;
    await wait(ROUND_MILLISECONDS);
  }
  if (!(await succeeds(socket, `ALTER DATABASE ${old} RENAME TO ${name}`))) return false;
  await run(socket, name, EMPTY);
  return true;
}

/** As a replica nobody asks about foreign keys. */
const EMPTY = `SET session_replication_role = replica;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP EXECUTE format('DELETE FROM public.%I', t); END LOOP;
END $$`;

/** Makes an empty database, for tests of migrations. */
export async function createEmptyPostgresqlDatabase(t: Scope): Promise<string> {
  const socket = await sharedSocket();
  const name = `e_${randomBytes(8).toString("hex")}`;
  await run(socket, "postgres", `CREATE DATABASE ${name} TEMPLATE template0`);
  t.after(async () => void (await run(socket, "postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)));
  return address(socket, name);
}

/** Starts a cluster as an unprivileged number (PostgreSQL refuses root). */
export async function startCluster(): Promise<Cluster> {
  const binaries = findBinaries();
  const folder = mkdtempSync(join(tmpdir(), "mutu-pg-"));
  const uid = process.getuid?.() === 0 ? Number(execFileSync("id", ["-u", "postgres"], { encoding: "utf8" })) : undefined;
  const gid = uid === undefined ? undefined : Number(execFileSync("id", ["-g", "postgres"], { encoding: "utf8" }));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const as = { uid, gid, cwd: folder, env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" } };
  execFileSync(join(binaries, "initdb"), ["-D", join(folder, "data"), "-U", "mutu", "-A", "trust", "--no-sync", "-E", "UTF8"], { ...as, stdio: "pipe" });
  const settings = ["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "autovacuum=off"];
  const server = spawn(join(binaries, "postgres"), ["-D", join(folder, "data"), "-k", folder, ...settings.flatMap((setting) => ["-c", setting])], {
    ...as,
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  // Fast shutdown also when this process leaves by surprise.
  const end = () => server.kill("SIGINT");
  process.once("exit", end);
  await untilItAnswers(folder, server);
  server.unref();
  return {
    socket: folder,
    async stop() {
      process.removeListener("exit", end);
      // Waited for below: without this, nothing else may keep the process alive until then, and Node ends it with code 13.
      server.ref();
      end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Gives the folder of Debian's newest PostgreSQL programs. */
export function findBinaries(): string {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? readdirSync(base).filter((name) => existsSync(join(base, name, "bin/initdb"))) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  return join(base, newest, "bin");
}

/** The cluster that the run of all tests started, else one for this process. */
async function sharedSocket(): Promise<string> {
  const given = process.env["MUTU_TEST_POSTGRESQL"];
  if (given) return given;
  shared ??= startForThisProcess();
  return (await shared).socket;
}

async function startForThisProcess(): Promise<Cluster> {
  const cluster = await startCluster();
  process.once("exit", () => rmSync(cluster.socket, { recursive: true, force: true }));
  return cluster;
}

async function untilItAnswers(socket: string, server: { exitCode: number | null }): Promise<void> {
  const end = Date.now() + START_SECONDS * 1000;
  for (;;) {
    try {
      await run(socket, "postgres", "SELECT 1");
      return;
    } catch (error) {
      if (Date.now() > end || server.exitCode !== null) throw new Error("the private PostgreSQL did not start", { cause: error });
    }
    await wait(50);
  }
}

/** Makes the template once for all test processes: who comes second waits on the lock of the first. */
async function makeTemplate(socket: string, template: string, script: string): Promise<void> {
  const exists = `SELECT 1/count(*) FROM pg_database WHERE datname = '${template}'`;
  if (await succeeds(socket, exists)) return;
  const adapter = await new PrismaPg(address(socket, "postgres")).connect();
  try {
    const turn = await adapter.underlyingDriver().connect();
    await turn.query("SELECT pg_advisory_lock(7)");
    if (!(await succeeds(socket, exists))) {
      await run(socket, "postgres", `CREATE DATABASE ${template}_new TEMPLATE template0`);
      await run(socket, `${template}_new`, script);
      await run(socket, "postgres", `ALTER DATABASE ${template}_new RENAME TO ${template}`);
    }
    turn.release();
  } finally {
    await adapter.dispose();
  }
}

async function succeeds(socket: string, sql: string): Promise<boolean> {
  return run(socket, "postgres", sql).then(
    () => true,
    () => false,
  );
}

/** Runs SQL on a connection of its own; gives how many rows there were. */
async function run(socket: string, database: string, script: string): Promise<number> {
  const adapter = await new PrismaPg({ connectionString: address(socket, database), max: 1 }).connect();
  try {
    return (await adapter.underlyingDriver().query(script)).rowCount ?? 0;
  } finally {
    await adapter.dispose();
  }
}

function address(socket: string, database: string): string {
  return `postgresql://mutu@localhost/${database}?host=${encodeURIComponent(socket)}`;
}
