/** A machine as the rest of the program sees it: the verbs of its apply and a quick question whether it is there. */
import type { Readable } from "node:stream";
import { type Answer, failureOf, type Outcome, parseAnswer } from "./answer.js";
import { type CertificateFile, certificateName, isCertificateName, packCertificates, type RefusedReason } from "./certificate-tar.js";
import { runCommand } from "./command.js";
import { type Door, doorArgv } from "./door.js";
import { type Examination, readExamination } from "./examination.js";
import { probeDoor } from "./probe.js";
import { type MachineStatus, parseStatus } from "./status.js";

/** The protocol that this panel speaks (machines/README.md). */
export const PROTOCOL = 1;

/** What serves after a verb. */
export interface Live {
  root: string | null;
  activation: number;
  /** Root to which `rollback` returns; null when settled. */
  previous: string | null;
}

/** What became of each name; those that are refused keep the file that they had. */
export interface PlacedCertificates {
  placed: string[];
  refused: { name: string; reason: RefusedReason }[];
}

/** Which log of an account: PHP's own messages, Apache's complaints, what was asked for. */
export type LogKind = "php" | "error" | "access";

/** One line, with the name of the virtual host that it belongs to. Hostile text: members and visitors wrote it. */
export interface LogLine {
  site: string;
  text: string;
}

export interface Machine {
  readonly door: Door;
  /** Tells within about two seconds whether the machine can be spoken to; null, or why not. Never waits for an away host. */
  probe(): Promise<string | null>;
  /** Builds and rehearses a release beside the live one. */
  stage(input: { fence: number; base: string | null; root: string }, tar: Readable): Promise<Outcome<{ staged: string }>>;
  /** Switches to a staged (or kept) release; the one before goes on beside it until `settle` or `rollback`. */
  activate(input: { fence: number; base: string | null; root: string }): Promise<Outcome<Live>>;
  /** Stages and activates in one call: what a change takes on its way. */
  publish(input: { fence: number; base: string | null; root: string }, tar: Readable): Promise<Outcome<Live>>;
  /** Ends what the release before kept running: verification has passed. */
  settle(input: { fence: number; root: string }): Promise<Outcome<Live>>;
  /** Leaves `root` for the release before it. */
  rollback(input: { fence: number; root: string }): Promise<Outcome<Live>>;
  /**
   * Places certificates beside publications: each by one rename, nothing is reloaded in nginx. A thumbprint (of the ACME account, for HTTP-01) that is
   * another than before is read by one reload. Doing it twice is doing it once.
   */
  certificates(input: { daemon: string; files: readonly CertificateFile[]; thumbprint?: string }): Promise<Outcome<PlacedCertificates>>;
  /** `seconds`: the caller's patience, where it is shorter than ours. */
  status(seconds?: number): Promise<Outcome<MachineStatus>>;
  /** Reads every file of the live release (or of every kept one too) and tells what is no longer as it was left. Changes nothing, waits for nobody. */
  examine(what: "live" | "kept"): Promise<Outcome<Examination>>;
  /** The content of a file of the live release that is not as it was left, by the sum that `examine` told. */
  drifted(file: { shard: string; hash: string }): Promise<Outcome<Buffer>>;
  /** The last lines of an account's log, at most `lines` (1 000) of each virtual host. Waits so short that a page can. A machine whose apply is older refuses. */
  log(input: { account: number; kind: LogKind; lines: number }): Promise<Outcome<LogLine[]>>;
}

/** How long each verb may take; staging includes sending, activation the start of a second Apache at 50 000 vhosts. */
const SECONDS = { stage: 600, activate: 300, publish: 900, settle: 300, rollback: 300, certificates: 600, status: 30, examine: 600, log: 8 };

/** Opens a door. Costs nothing: the first verb connects. */
export function openMachine(door: Door): Machine {
  const call = async <Value>(
    verb: keyof typeof SECONDS,
    words: string[],
    read: (answer: Answer) => Value,
    stdin?: Readable,
    timeoutSeconds: number = SECONDS[verb],
  ): Promise<Outcome<Value>> => {
    const argv = doorArgv(door, [verb, ...words]);
    const result = await runCommand({ argv, stdin, timeoutSeconds }).catch((error: Error) => error);
    if (result instanceof Error) return { ok: false, failure: { kind: "unreachable", reason: result.message } };
    if (result.timedOut) return { ok: false, failure: { kind: "timeout", seconds: timeoutSeconds } };
    const answer = parseAnswer(result.stdout.toString("utf8"));
    const failure = failureOf(result.code, answer, result.stderr.toString("utf8"));
    return failure ? { ok: false, failure } : { ok: true, value: read(answer) };
  };
  const words = (fence: number, ...roots: (string | null)[]): string[] => [String(PROTOCOL), String(fence), ...roots.map((root) => root ?? "none")];
  return {
    door,
    probe: () => probeDoor(door),
    stage: ({ fence, base, root }, tar) => call("stage", words(fence, base, root), (answer) => ({ staged: answer.values.get("staged") ?? "" }), tar),
    activate: ({ fence, base, root }) => call("activate", words(fence, base, root), readLive),
    publish: ({ fence, base, root }, tar) => call("publish", words(fence, base, root), readLive, tar),
    settle: ({ fence, root }) => call("settle", words(fence, root), readLive),
    rollback: ({ fence, root }) => call("rollback", words(fence, root), readLive),
    async certificates({ daemon, files, thumbprint }) {
      const [fit, unfit] = [files.filter(({ name }) => isCertificateName(name)), files.filter(({ name }) => !isCertificateName(name))];
      const refused = unfit.map(({ name }) => ({ name, reason: "name" as const }));
      if (fit.length === 0 && thumbprint === undefined) return { ok: true, value: { placed: [], refused } };
      const outcome = await call("certificates", [String(PROTOCOL), daemon], readPlaced, packCertificates(fit, thumbprint));
      return outcome.ok ? { ok: true, value: { placed: outcome.value.placed, refused: [...refused, ...outcome.value.refused] } } : outcome;
    },
    status: (seconds) => call("status", [], parseStatus, undefined, seconds),
    examine: (what) => call("examine", [String(PROTOCOL), what], readExamination),
    drifted: ({ shard, hash }) =>
      call("examine", [String(PROTOCOL), "content", shard, hash], (answer) =>
        Buffer.from(answer.lines.map(({ key, value }) => (key === "content" ? value : "")).join(""), "base64"),
      ),
    log: ({ account, kind, lines }) => call("log", [String(account), kind, String(lines)], readLines),
  };
}

function readLines(answer: Answer): LogLine[] {
  return answer.lines.flatMap(({ key, value }) => {
    const space = value.indexOf(" ");
    return key === "line" && space > 0 ? [{ site: value.slice(0, space), text: value.slice(space + 1) }] : [];
  });
}

function readPlaced(answer: Answer): PlacedCertificates {
  const of = (key: string): string[] => answer.lines.filter((line) => line.key === key).map(({ value }) => value);
  const refused = of("not").map((line) => line.split(" ") as [string, RefusedReason]);
  return { placed: of("placed").map(certificateName), refused: refused.map(([file, reason]) => ({ name: certificateName(file), reason })) };
}

function readLive(answer: Answer): Live {
  const hash = (key: string): string | null => {
    const value = answer.values.get(key);
    return value === undefined || value === "none" ? null : value;
  };
  return { root: hash("root"), activation: Number(answer.values.get("activation")) || 0, previous: hash("previous") };
}
