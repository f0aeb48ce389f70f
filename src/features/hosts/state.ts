/** What a host said of itself, as it is kept and read. Pure. */
import type { MachineStatus } from "../../core/machine/index.js";

/** The JSON of `Host.state`. */
export interface HostState {
  protocol: number;
  host: string;
  root: string | null;
  previous: string | null;
  step: string;
  fence: number;
  diskFreeKb: number;
  /** Lines of each daemon, in order: `{"apache": [["version", "2.4.71"]]}`. */
  daemons: Record<string, [string, string][]>;
  /** Why the last question was not answered; null when it was. */
  error: string | null;
}

const PHP_VERSION = /^\d{1,2}\.\d{1,2}$/;

/** Lines that tell of people, one for each: the feature that knows them keeps them (`hosts.told`). */
const OF_PEOPLE = new Set(["login"]);

/** Keeps of a status what pages show. */
export function stateOf(status: MachineStatus): HostState {
  const { protocol, host, root, previous, step, fence, diskFreeKb, daemons } = status;
  return { protocol, host, root, previous, step, fence, diskFreeKb, daemons: linesOf(daemons), error: null };
}

function linesOf(daemons: MachineStatus["daemons"]): HostState["daemons"] {
  return Object.fromEntries([...daemons].map(([daemon, lines]) => [daemon, lines.filter(([key]) => !OF_PEOPLE.has(key))]));
}

/** Reads the stored JSON; null when the host was never asked. */
export function readState(stored: unknown): HostState | null {
  if (typeof stored !== "object" || stored === null || !("daemons" in stored)) return null;
  return stored as HostState;
}

/** PHP versions found on the host, newest first. */
export function phpVersionsOf(stored: unknown): string[] {
  const lines = readState(stored)?.daemons["php-fpm"] ?? [];
  const words = lines.filter(([key]) => key === "versions").flatMap(([, value]) => value.split(/[ ,]+/));
  return [...new Set(words.filter((word) => PHP_VERSION.test(word)))].sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

/** The version that a daemon told, or null. */
export function versionOf(stored: unknown, daemon: string): string | null {
  return readState(stored)?.daemons[daemon]?.find(([key]) => key === "version")?.[1] ?? null;
}

/** Files that somebody else changed: lines `drift` of the machine. */
export function driftOf(stored: unknown): string[] {
  const state = readState(stored);
  return Object.entries(state?.daemons ?? {}).flatMap(([daemon, lines]) =>
    daemon === "drift" ? lines.map((line) => line.join(" ").trim()) : lines.filter(([key]) => key === "drift").map(([, value]) => `${daemon} ${value}`),
  );
}
