/** One way to change the database: `ctx.transaction`. See context.ts for what it promises. */
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { appendAudit } from "./audit.js";
import type { Actor, AuditEvent, Clock, Context, TransactionContext } from "./context.js";
import { type Database, type Db, isUniqueViolation, isWriteConflict } from "./db.js";
import type { Events } from "./events.js";

const RETRIES = 5;
/** Waiting for one's turn, and the whole of an act. */
const MAX_WAIT_MILLISECONDS = 30_000;
const TIMEOUT_MILLISECONDS = 60_000;

export interface ContextParts {
  database: Database;
  log: Logger;
  clock: Clock;
  events: Events;
}

/** The open transactions of whoever runs now, by their program. One for all: each storage that was ever used costs every promise that Node makes. */
const current = new AsyncLocalStorage<ReadonlyMap<ContextParts, OpenTransaction>>();

/** Makes the function that makes contexts. */
export function createContextFactory(parts: ContextParts): (actor: Actor, log?: Logger) => Context {
  return (actor, log = parts.log) => new RootContext(parts, actor, log);
}

class RootContext implements Context {
  readonly #parts: ContextParts;
  readonly actor: Actor;
  readonly log: Logger;

  constructor(parts: ContextParts, actor: Actor, log: Logger) {
    this.#parts = parts;
    this.actor = actor;
    this.log = log;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get db(): Db {
    // With one connection it would wait for the transaction that waits for it.
    if (current.getStore()?.get(this.#parts)?.open) throw new Error("the outer ctx.db was used inside a transaction: use tx.db");
    return this.#parts.database.client;
  }

  async transaction<T>(act: (tx: TransactionContext) => Promise<T>): Promise<T> {
    const outer = current.getStore()?.get(this.#parts);
    if (outer?.open) return act(outer);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#attempt(act, attempt);
      } catch (error) {
        // Of two who make the same row at once PostgreSQL may tell the second of its key: run again, the act sees the row and says so in its own words.
        const raced = attempt === 0 && this.#parts.database.provider === "postgresql" && isUniqueViolation(error);
        if (!(raced || isWriteConflict(error)) || attempt >= RETRIES) throw error;
        await wait(Math.random() * 20 * 2 ** attempt);
      }
    }
  }

  async #attempt<T>(act: (tx: TransactionContext) => Promise<T>, attempt: number): Promise<T> {
    const { database, events } = this.#parts;
    const later = new Map<string, () => void | Promise<void>>();
    const options = { maxWait: MAX_WAIT_MILLISECONDS, timeout: TIMEOUT_MILLISECONDS };
    const result = await database.client.$transaction(
      async (db) => {
        if (database.provider === "postgresql") await takeTurn(db, attempt);
        const tx = new OpenTransaction(this, db, events, later);
        try {
          const made = await current.run(new Map(current.getStore()).set(this.#parts, tx), () => act(tx));
          await appendAudit(db, this.actor, this.clock.now(), tx.entries);
          return made;
        } finally {
          tx.open = false;
        }
      },
      database.provider === "postgresql" ? { ...options, isolationLevel: "Serializable" } : options,
    );
    this.#runLater(later);
    return result;
  }

  #runLater(later: Map<string, () => void | Promise<void>>): void {
    for (const [key, act] of later) {
      const failed = (error: unknown) => this.log.error({ err: error, afterCommit: key }, "what should follow a commit failed");
      try {
        Promise.resolve(current.exit(act)).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}

/**
 * Lets first attempts run beside each other and a repeat run alone, as with a lock of readers and writers: without this, many racing acts starve
 * each other. LOCK TABLE comes before the snapshot is taken, so a repeat that had to wait sees everything that was committed meanwhile.
 */
async function takeTurn(db: Db, attempt: number): Promise<void> {
  if (attempt === 0) await db.$executeRaw`LOCK TABLE "TransactionTurn" IN ROW SHARE MODE`;
  else await db.$executeRaw`LOCK TABLE "TransactionTurn" IN EXCLUSIVE MODE`;
}

class OpenTransaction implements TransactionContext {
  open = true;
  readonly entries: AuditEvent[] = [];
  readonly actor: Actor;
  readonly log: Logger;
  readonly clock: Clock;
  readonly db: Db;
  readonly #events: Events;
  readonly #later: Map<string, () => void | Promise<void>>;

  constructor(outer: RootContext, db: Db, events: Events, later: Map<string, () => void | Promise<void>>) {
    this.actor = outer.actor;
    this.log = outer.log;
    this.clock = outer.clock;
    this.db = db;
    this.#events = events;
    this.#later = later;
  }

  transaction<T>(act: (tx: TransactionContext) => Promise<T>): Promise<T> {
    return act(this);
  }

  audit(entry: AuditEvent): void {
    this.#mustBeOpen();
    this.entries.push(entry);
  }

  emit: TransactionContext["emit"] = async (name, fact) => {
    this.#mustBeOpen();
    await this.#events.emit(this, name, fact);
  };

  afterCommit(key: string, act: () => void | Promise<void>): void {
    this.#mustBeOpen();
    this.#later.set(key, act);
  }

  #mustBeOpen(): void {
    if (!this.open) throw new Error("the transaction is over: something in the act was not awaited");
  }
}
