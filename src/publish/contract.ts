/**
 * The contract between features (which know the state), daemons (which know the format) and the publication engine (which knows neither).
 * A role is a need; a feature collects its state; a daemon renders it. See DESIGN.md "Words".
 */

import type { Context, TransactionContext } from "../core/context.js";
import type { Db } from "../core/db.js";
import type { Feature } from "../core/feature.js";
import type { Machine } from "../core/machine/index.js";
import type { Services } from "../core/services.js";

/** Names one unit of a role on a host: `2001`, `2001/8.2`, or `base`. What stands before the slash is its owner, which decides the shard. */
export type UnitKey = string;

/** The host for which state is collected; options are those that the host's owner declared (JSON, checked by the daemon's schema). */
export interface HostFacts {
  id: string;
  name: string;
  /** Directory of members' homes as this host sees it, without a trailing slash. */
  homes: string;
  /** Settings of each daemon on this host, complete: what nobody set is the daemon's default. */
  options: Readonly<Record<string, DaemonOptions>>;
}

/** Settings of one daemon on one host, as its `options` declare them. */
export type DaemonOptions = Readonly<Record<string, string | number | boolean>>;

/** One setting of a daemon: drawn as a field of the host's page, checked wherever it comes from, kept as JSON. */
export type DaemonOption = OptionWords &
  (
    | { type: "integer"; default: number; minimum: number; maximum: number }
    | { type: "boolean"; default: boolean }
    /** The pattern is that of the whole text. */
    | { type: "text"; default: string; pattern: string; maxLength: number }
    | { type: "choice"; default: string; choices: readonly string[] }
  );

/** Message keys of the field's label and of a sentence that explains it. Of a choice, `<title>_<value>` are the labels. */
interface OptionWords {
  title: string;
  hint?: string;
}

/** What a unit means to people: who must be told when it fails, and which names it would serve (withdrawn names never come back). */
export interface UnitFacts {
  key: UnitKey;
  accountId: string | null;
  /** Sentences' data for the plan: a message key of the feature and its values, e.g. {key:"sites.plan.answers", data:{name, folder}}. */
  says: { key: string; data: Record<string, string | number> }[];
  /** Host names, logins… that this unit claims; the fallback and put-backs compare them with those of before (claims.ts). A word before a space says what is no name: `proxy http://…`. */
  claims: string[];
  /** True when the unit must not go on as it was (suspended, removed): a fallback is then the notice, never the last good files. */
  withdrawn: boolean;
  /** What verification asks, if this unit can be asked from outside. */
  probes: Probe[];
}

/** One question asked from the control machine; the answer must carry the unit's hash. */
export interface Probe {
  /** Names the prober that asks. */
  kind: string;
  /** What is asked for: a host name, a zone, a login. */
  name: string;
}

/** What came back: an answer, or the reason why there is none. Only status 200 with exactly the unit's hash as body is proof. */
export type Answer = { status: number; body: string } | { error: string };

/** Asks a host for proof, as the people do whom it serves; contributed by the feature whose role names this kind of probe. */
export interface Prober {
  /** false: this host can never be asked (nothing of it is reached from outside); its units then count as proven by their daemon. */
  reaches(host: HostRecord): boolean;
  /** Asks once and never throws. The hash is given for protocols in which it is what one shows, not what one is told. */
  ask(host: HostRecord, probe: Probe, hash: string, timeoutMs: number): Promise<Answer>;
  /** Ends kept connections. */
  close?(): void;
}

/** Typed desired state of one unit, with what people need to know of it. `state` null: the unit should have no files. */
export interface Desired<State> extends UnitFacts {
  state: State | null;
}

/** A need that a daemon fills on a host, contributed by a feature (`roles` in its feature.ts). */
export interface Role<State = unknown> {
  name: string;
  /** Roles whose units of the same owner must be there first (folders before their site). */
  after: string[];
  /** Every unit key that should exist on this host, sorted. Read in pages of `limit` after `after`. */
  keys(db: Db, host: HostFacts, after: UnitKey, limit: number): Promise<UnitKey[]>;
  /** Desired state of these units; a key that should have no files any more comes back with state null. Cost follows `keys.length`. */
  collect(db: Db, host: HostFacts, keys: UnitKey[]): Promise<Desired<State>[]>;
  /** How many rows stand behind each of these units, by key, where one may have thousands: so much is read at once, and no more. */
  weigh?(db: Db, host: HostFacts, keys: UnitKey[]): Promise<ReadonlyMap<UnitKey, number>>;
  /**
   * Its units serve names to the world: a plan that takes many of them away at once, or one of the panel's own, waits for a person (guards.ts).
   * `names` gives those that a rendered file answers for beside the unit's claims, as a zone does for its records.
   */
  guarded?: { names?(content: string): string[] };
  /** What must be known of a unit whose rows cannot be read: asked so narrowly that a spoilt value elsewhere is not in the way. A role
   *  without it, or whose outline cannot be read either, has its notice shown: nobody knows whether the unit may go on. */
  outline?(db: Db, host: HostFacts, key: UnitKey): Promise<Pick<UnitFacts, "withdrawn" | "claims">>;
}

/** A rendered file: path below `<shard>/<daemon>/`, e.g. `accounts/2001.conf`. */
export interface RenderedFile {
  path: string;
  content: string;
  /**
   * It holds a password's hash or a key. Its content is sealed in the store, and neither a diff, a dry run, a release, an export nor the words of a
   * program show it: people read that a secret changed. Its bytes must hold at least 96 random bits, for their hash is no secret. On the machine
   * only the daemon's own user reads what is its own (machines/README.md).
   */
  secret?: true;
}

/** What a daemon says of a failure that it caused: where, and a code with data (the sentence is in the feature's messages). */
export interface DaemonFault {
  /** Path as in RenderedFile, when the program named one. */
  path: string | null;
  line: number | null;
  code: string;
  data: Record<string, string>;
}

/** Everything the engine may ask of a daemon's folder; pure. `folder/daemon.ts` exports `daemon`. */
export interface Daemon<State = unknown> {
  /** Equals the folder's name. */
  name: string;
  role: string;
  /** Files of one unit. Same state, same bytes. `probe` is the unit's hash, to be put where the daemon answers probes; rendering with
   *  probe "" gives the bytes over which that hash is made. */
  render(unit: { key: UnitKey; state: State; host: HostFacts }, probe: string): RenderedFile[];
  /** A fixed notice in place of a unit that may neither go on nor fall back; it must not be able to fail. */
  renderNotice(unit: { key: UnitKey; host: HostFacts; claims: string[] }): RenderedFile[];
  /** Parses this program's own words (already without the `| ` mark; paths are absolute on the machine) into faults. */
  explain(output: string[]): DaemonFault[];
  /** Forward-only daemons (homes, credentials) are rendered from the present even when a release is put back. */
  forwardOnly: boolean;
  /** Its driver places certificates beside publications (machines/README.md, "Certificates"). */
  certificates?: boolean;
  /** Settings that an administrator may change for each host. */
  options?: Readonly<Record<string, DaemonOption>>;
  /** Golden states: data folders `golden/<case>/` are read by the tests, nothing to declare here. */
}

/** Where a host's units are asked for proof, as the control machine reaches it. */
export interface WebAddress {
  /** IP address or name. */
  address: string;
  httpPort: number;
  httpsPort: number;
}

/** All that the engine needs of a host. */
export interface HostRecord extends HostFacts {
  /** The door to it; opening it costs nothing, calling it does. */
  machine: Machine;
  /** Name or address by which the control machine reaches it. */
  address: string;
  /** Daemons enabled on it, sorted by name. Several may fill one role. */
  daemons: { name: string; role: string }[];
  /** null: nothing on it can be asked from outside. */
  web: WebAddress | null;
}

/** Hosts as the engine sees them, contributed by the feature that keeps them. */
export interface HostDirectory {
  list(db: Db): Promise<HostRecord[]>;
  /** null: unknown, or removed. */
  find(db: Db, hostId: string): Promise<HostRecord | null>;
  /** Is told whether a machine's door was found open: null, or why nobody answered. */
  noteReach?(ctx: Context, hostId: string, fault: string | null): Promise<void>;
}

/** A folder of an account, whole segments below its home. */
export interface HomeFolder {
  accountId: string;
  path: string;
}

/** An account of which something goes offline. */
export interface GoingOffline {
  accountId: string;
  /** Since when a guard holds it: only an act after that frees it. */
  heldAt: Date | null;
}

/** A feature that also contributes roles, or (one feature only) the hosts. */
export interface HostingFeature extends Feature {
  /** A function where the state is gathered from what other features contribute (`services.features`). */
  roles?: Role<never>[] | ((services: Services) => Role<never>[]);
  /** Folders below the homes of these accounts that must be there for this feature's sake; made by the role `files`, never removed. */
  homeFolders?(db: Db, accountIds: string[]): Promise<HomeFolder[]>;
  /** By the kind of probe that they ask. */
  probers?: Readonly<Record<string, Prober>>;
  hosts?(services: Services): HostDirectory;
  /** Names by which the panel, its machines or its name servers are reached. */
  ownNames?(tx: TransactionContext): Promise<string[]>;
  /** Of accounts that go offline: those that a person suspended by an act of its own; none where so many were suspended since then that it may be a slip. */
  meantOffline?(tx: TransactionContext, going: readonly GoingOffline[], since: Date): Promise<string[]>;
}
