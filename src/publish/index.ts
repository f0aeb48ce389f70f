/** The publication engine: what features may use. Daemons and role files see contract.ts only. */
export { countWaiting, listWaitingHosts, readAttempts, type WaitingHost } from "./catch-up.js";
export { CAUSES, type Cause } from "./cause.js";
export { type Chip, type ChipRow, chipOf, holdWords, worstChip } from "./chip.js";

export type {
  Answer,
  Daemon,
  DaemonFault,
  DaemonOption,
  DaemonOptions,
  Desired,
  HostDirectory,
  HostFacts,
  HostingFeature,
  HostRecord,
  Probe,
  Prober,
  RenderedFile,
  Role,
} from "./contract.js";
export { adoptDrift, countDrift, type DriftFilter, type DriftRow, diffDrift, diffWanted, findDrift, readDrift, repairDrift } from "./drift-rows.js";
export type { DryRun, FileDiff } from "./dry-run.js";
export { countGuarded } from "./guards.js";
export {
  findRelease,
  firstPublishedAt,
  type HistoryFilter,
  type PublicationRow,
  type ReleaseRow,
  readFiles,
  readPublication,
  readPublications,
  readRelease,
  readReleases,
  type Sight,
} from "./history.js";
export {
  countHolds,
  findHeld,
  type HeldUnit,
  HOLD_REASONS,
  type Hold,
  type HoldFilter,
  type HoldReason,
  holdUnits,
  letLeave,
  listHeldIds,
  listHolds,
  releaseHold,
} from "./holds.js";
export { countLeaving } from "./leaving.js";
export { busyHosts } from "./lock.js";
export { optionsOf, parseOptions } from "./options.js";
export { pruneReleases } from "./prune.js";
export { createPublisher, type Publisher, type PublisherParts, publisherOf } from "./publisher.js";
export { changedSince, holdAt, rolesBack } from "./put-back.js";
export { applyChange, type Compared, lastChange, openChange } from "./renderer.js";
export { markRestored } from "./restoration.js";
export { type HostStanding, readStandings } from "./standings.js";
export { STEPS } from "./steps.js";
export { type Touched, touch, touchRole } from "./touch.js";
export { readUnits } from "./touched-rows.js";
export { listRefused, tryAgain } from "./tries.js";
export type { UnitNews } from "./unit-events.js";
export { listUnitRows, listUnits } from "./unit-rows.js";
export { noteVersions } from "./versions.js";
