/** What every act receives. An act is `async function addSite(ctx: Context, input: …)`: no request, no reply, no global. */
import type { Logger } from "pino";
import type { Db } from "./db.js";
import type { EventMap } from "./events.js";

/** Who acts. Rights are read at each request, never kept in the session (SECURITY.md 11). */
export type Actor =
  | { kind: "nobody"; address: string }
  | { kind: "system"; name: string }
  | {
      kind: "user";
      userId: string;
      login: string;
      admin: boolean;
      address: string;
      /** accountId → role of the membership, live accounts only. */
      memberships: ReadonlyMap<string, MembershipRole>;
    };

/** Role of a user in an account. */
export type MembershipRole = "owner" | "webmaster" | "mail" | "reader";

export interface Clock {
  now(): Date;
}

export interface Context {
  readonly db: Db;
  readonly actor: Actor;
  readonly log: Logger;
  readonly clock: Clock;
  /**
   * Runs an act in one transaction (BEGIN IMMEDIATE on SQLite, SERIALIZABLE with at most five retries on PostgreSQL) and writes the audit
   * entries last. The act may run twice: no I/O, no argon2, no outer `db` inside. A call inside a transaction joins it.
   */
  transaction<T>(act: (tx: TransactionContext) => Promise<T>): Promise<T>;
}

/** A context whose `db` is the transaction. */
export interface TransactionContext extends Context {
  /** Adds an entry to the audit chain, written at the end of this transaction. */
  audit(entry: AuditEvent): void;
  /** Tells other features, inside this transaction: `tx.emit("domains.removed", { … })`. */
  emit<K extends keyof EventMap>(name: K, fact: EventMap[K]): Promise<void>;
  /** Runs after the commit, outside it, once per transaction and key; errors are logged, never thrown to the caller. */
  afterCommit(key: string, act: () => void | Promise<void>): void;
}

/** One audited fact. `old` and `new` make the undo possible; a Secret is never payload. */
export interface AuditEvent {
  /** `sites.site.added`: the prefix is the folder. */
  verb: string;
  accountId: string | null;
  object: { type: string; id: string; name: string };
  old?: Record<string, unknown>;
  new?: Record<string, unknown>;
}
