/** How certificates are shown to people and told to programs. */
import { isRefusal, messageKey } from "../../core/errors.js";
import type { CertificatePlace } from "../../generated/sqlite/client.js";
import { displayName } from "../domains/index.js";
import type { SubjectOutput } from "./forms.js";
import { covers } from "./names.js";
import { type Problem, readProblem } from "./problems.js";
import type { ShownSubject } from "./subjects.js";

/** Who reads: a request, or whoever else has a language. */
export interface Reader {
  t(key: string, data?: Record<string, unknown>): string;
}

export type ChipState = "waiting" | "published" | "verified" | "failed" | "held";
type Place = Pick<CertificatePlace, "name" | "wantedId" | "placedId" | "verifiedAt" | "problem">;
type Name = ShownSubject["names"][number];
/** `asks`: an authority is chosen, so certificates are asked for. */
type Moment = { now: Date; asks: boolean };

const WORST: ChipState[] = ["failed", "waiting", "published", "verified", "held"];
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** How far the certificate of one name has come: on its way, on the machine, seen from outside. */
export function nameChip(subject: Pick<ShownSubject, "source" | "current">, name: Name, places: readonly Place[]): ChipState {
  if (subject.source === "none") return "held";
  const covered = subject.current !== null && covers(subject.current.names as string[], name.name);
  if (!covered) return name.state === "failing" ? "failed" : "waiting";
  const own = places.filter((place) => place.name === name.name && place.wantedId === subject.current?.id);
  if (own.some(({ problem }) => problem !== null)) return "failed";
  if (own.length > 0 && own.every(({ verifiedAt }) => verifiedAt !== null)) return "verified";
  return own.length > 0 && own.every(({ placedId, wantedId }) => placedId === wantedId) ? "published" : "waiting";
}

/** The chip of a subject: the worst of its names; a renewal that fails while the certificate lasts is said in words. */
export function subjectChip(subject: ShownSubject, places: readonly Place[]): ChipState {
  if (subject.source === "none") return "held";
  if (subject.state === "failing" && subject.current === null) return "failed";
  const chips = subject.names.map((name) => nameChip(subject, name, places));
  return WORST.find((state) => chips.includes(state)) ?? "waiting";
}

/** Everything that lists and the page show. */
export function subjectView(reader: Reader, subject: ShownSubject, places: readonly Place[], { now, asks }: Moment) {
  const { current } = subject;
  const chip = subjectChip(subject, places);
  const days = current ? Math.floor((current.notAfter.getTime() - now.getTime()) / DAY_MS) : null;
  return {
    id: subject.id,
    siteId: subject.siteId,
    accountId: subject.accountId,
    service: subject.service,
    title: subject.title || displayName(subject.names[0]?.name ?? ""),
    kind: reader.t(`certificates.kinds.${subject.service ?? "site"}`),
    others: Math.max(0, subject.names.length - 1),
    source: subject.source,
    challenge: subject.challenge,
    tlsa: subject.tlsa,
    automatic: subject.source === "acme",
    retriable: asks && subject.source === "acme" && chip !== "verified" && chip !== "published",
    own: subject.source === "own",
    none: subject.source === "none",
    chip: { id: `certificate-${subject.id}`, state: chip, label: chipLabel(reader, subject, chip), text: chipText(reader, subject, chip, places, asks) },
    names: subject.names.map((name) => nameView(reader, subject, name, places)),
    problem: problemText(reader, readProblem(subject.problem)),
    nextAt: subject.nextAt !== null && subject.nextAt > now && (subject.problem !== null || !current) ? subject.nextAt : null,
    trying: subject.nextAt !== null && subject.nextAt <= now && subject.source === "acme",
    wildcard: subject.names.some(({ name }) => name.startsWith("*.")),
    certificate: current && {
      ...current,
      fingerprint: shownFingerprint(current.fingerprint),
      names: (current.names as string[]).map(displayName).join(", "),
      days,
      soon: days !== null && days < SOON_DAYS,
      over: current.notAfter <= now,
      given: current.source === "own",
      revoked: current.revokedAt !== null,
    },
  };
}

export type SubjectView = ReturnType<typeof subjectView>;

/** As browsers show it: bytes in upper case, parted by colons. */
export function shownFingerprint(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(":");
}

function nameView(reader: Reader, subject: ShownSubject, name: Name, places: readonly Place[]) {
  const state = nameChip(subject, name, places);
  const place = places.find((one) => one.name === name.name && one.wantedId === subject.currentId && one.problem !== null);
  const problem = state === "failed" ? (readProblem(name.problem) ?? readProblem(place?.problem ?? null)) : null;
  return {
    name: name.name,
    display: displayName(name.name),
    state,
    label: reader.t(`certificates.chips.${state}`),
    problem: problemText(reader, problem),
    seenAt: problem?.at ?? null,
    nextAt: state === "failed" ? name.nextAt : null,
  };
}

/** Where some addresses are in order, it is not the whole that fails. */
function chipLabel(reader: Reader, subject: ShownSubject, chip: ChipState): string {
  return reader.t(chip === "failed" && subject.current ? "certificates.incomplete" : `certificates.chips.${chip}`);
}

function chipText(reader: Reader, subject: ShownSubject, chip: ChipState, places: readonly Place[], asks: boolean): string | null {
  const { current } = subject;
  const failing = subject.names.filter((name) => nameChip(subject, name, places) === "failed");
  const problem = readProblem(subject.problem) ?? readProblem(failing.find((one) => one.problem)?.problem ?? null);
  if (chip === "failed" && !current) return [problemText(reader, problem), reader.t("certificates.serving.fallback")].filter(Boolean).join(" ");
  if (chip === "failed")
    return reader.t("certificates.some_failing", { count: failing.length, names: failing.map(({ name }) => displayName(name)).join(", ") });
  if (subject.problem !== null && current) return `${problemText(reader, problem)} ${reader.t("certificates.serving.current")}`;
  // Without an authority nothing is on its way.
  if (chip === "waiting" && !asks && subject.source === "acme" && !current) return reader.t("certificates.chip_texts.nobody_asked");
  return chip === "verified" ? null : reader.t(`certificates.chip_texts.${chip}`);
}

/** The sentence of what went wrong; a code whose sentence is gone is told as it is. */
export function problemText(reader: Reader, problem: Problem | null): string | null {
  if (!problem) return null;
  try {
    return reader.t(messageKey(problem.code), readable(problem.data));
  } catch (error) {
    if (isRefusal(error)) throw error;
    return reader.t("certificates.problem_unknown", { code: problem.code });
  }
}

/** Names as people read them. */
function readable(data: Problem["data"]): Problem["data"] {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === "string" && /(^|\.)xn--/.test(value) ? displayName(value) : value]),
  );
}

/** Gives the answer's fields of a subject. */
export function subjectBody(reader: Reader, subject: ShownSubject): SubjectOutput {
  const told = (stored: string | null) => {
    const problem = readProblem(stored);
    return problem && { code: problem.code, message: problemText(reader, problem) ?? "", at: problem.at };
  };
  const { current } = subject;
  return {
    id: subject.id,
    title: subject.title,
    accountId: subject.accountId,
    siteId: subject.siteId,
    service: subject.service,
    source: subject.source,
    challenge: subject.challenge,
    tlsa: subject.tlsa,
    state: subject.state,
    names: subject.names.map(({ name, state, problem, nextAt }) => ({ name, state, problem: told(problem), nextAt: nextAt?.toISOString() ?? null })),
    nextAt: subject.nextAt?.toISOString() ?? null,
    problem: told(subject.problem),
    certificate: current && {
      number: current.number,
      source: current.source,
      names: current.names as string[],
      issuer: current.issuer,
      serial: current.serial,
      fingerprint: current.fingerprint,
      notBefore: current.notBefore.toISOString(),
      notAfter: current.notAfter.toISOString(),
      verifiedAt: current.verifiedAt?.toISOString() ?? null,
      chain: current.chain,
    },
  };
}
