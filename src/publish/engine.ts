/** What a run works with, and the record that its steps fill. */
import type { Context } from "../core/context.js";
import type { Services } from "../core/services.js";
import type { Daemon, Desired, HostDirectory, HostRecord, Prober, Role } from "./contract.js";
import type { Earlier } from "./earlier.js";
import type { Level } from "./fallback.js";
import type { Lease, LeaseLimits } from "./lock.js";
import type { FileChange, FileEntry } from "./manifest.js";
import type { Back } from "./put-back.js";
import type { Store } from "./store.js";
import type { UnitFault } from "./trace.js";
import type { UnitEvents } from "./unit-events.js";
import type { HeldLimits } from "./unit-pages.js";
import type { VerifyLimits } from "./verify.js";

/** Bounds of a run; tests tighten them. */
export interface Limits extends VerifyLimits, LeaseLimits {
  /** What one release of a run carries at most. */
  batch: HeldLimits;
  /** Releases tried for one batch, each of which takes at least one unit off the list. */
  rounds: number;
  /** Rehearsals spent, for one batch, on finding a culprit that no file name tells. */
  rehearsals: number;
  /** How long a unit waits for what should be there first on another host. */
  afterSeconds: number;
}

/** Made once at boot. */
export interface Engine {
  services: Services;
  roles: ReadonlyMap<string, Role>;
  daemons: ReadonlyMap<string, Daemon>;
  hosts: HostDirectory;
  /** By the kind of probe that they ask. */
  probers: ReadonlyMap<string, Prober>;
  store: Store;
  events: UnitEvents;
  limits: Limits;
  /** Where the last run of this process left each host: verified, settled, without any error. Forgotten when the next run begins. */
  left: Map<string, Left>;
  /** Told before each step: progress on a page, and the tests that kill a panel there. */
  onStep?: (step: string, hostId: string) => void;
}

/** A host as a run left it; what the machine said then is still true while nobody else has held its lease. */
export interface Left {
  fence: number;
  root: string | null;
}

/** What must be known of a unit as long as it only waits for its batch. */
export interface WaitingRow {
  id: string;
  role: string;
  key: string;
  accountId: string | null;
  serving: string;
  touchedBy: string | null;
  touchedFor: string;
}

/** The columns of a unit that a run reads, before it reads any state. */
export interface UnitRow extends WaitingRow {
  wanted: number;
  published: number;
  verified: number;
  hash: string | null;
  claims: unknown;
  probes: unknown;
  touchedAt: Date | null;
  withdrawn: boolean;
  /** A person let a removal go that a guard had held. */
  letGoAt: Date | null;
  hold: string | null;
  heldAt: Date | null;
  putBackTo: number | null;
}

/** One unit in a run. */
export interface RunUnit {
  row: UnitRow;
  desired: Desired<unknown>;
  /** Its rows cannot be read: nothing of it can be rendered. Guessed: nor is it known whether it was withdrawn. */
  unreadable: { fault: UnitFault; guessed: boolean } | null;
  /** What we now try to serve, and its files. */
  level: Level;
  files: FileEntry[];
  /** What a right answer must carry; null at any level where nothing can be asked. */
  hash: string | null;
  /** Files that served when the run began, for the fallback; empty: none. */
  before: FileEntry[];
  /** The older state that it is put back to, in place of its present one. */
  back: Back | null;
  /** Why it is not at the level it asked for. */
  fault: UnitFault | null;
  /** Answered from outside with its hash during this run. */
  verified: boolean;
  /** Its numbers are in the database already, with the release that carried it. */
  counted: boolean;
}

/** The difference between the live root (null: a fresh machine) and the next one. */
export interface ReleasePlan {
  base: string | null;
  root: string;
  changes: FileChange[];
  shards: { shard: string; old: string; new: string }[];
  /** All files of these shards, where they are sent in full because what lies on the machine is not to be built on. */
  full?: readonly FileEntry[];
}

/** An error as people read it later; the first is the cause, a failed rollback adds its own. */
export interface RunError {
  step: string;
  code: string;
  data: Record<string, string>;
  /** The programs' own words, for administrators. */
  output: string[];
}

/** A run under way. */
export interface Run {
  engine: Engine;
  ctx: Context;
  host: HostRecord;
  lease: Lease;
  publicationId: string;
  /** Ids of what no batch has begun yet, batch by batch; null: nothing is cut yet, all that is touched waits. */
  waiting: readonly (readonly string[])[] | null;
  /** The batch under way. */
  units: RunUnit[];
  /** The tree that serves, as far as touched shards need it. */
  live: { root: string | null; files: FileEntry[]; shards: Map<string, string> };
  budget: { rehearsals: { left: number }; rounds: number };
  /** The machine's status was not asked: its first verb proves the live root, or the run begins again. */
  trusting: boolean;
  errors: RunError[];
  /** What the batches behind it came to. */
  earlier: Earlier;
  /** Names that left with this run, and those that leave with the batch under way, by role. */
  removed: Record<string, number>;
  leaving: ReadonlyMap<string, number>;
  steps: { step: string; at: string; ms: number }[];
}
