/** When what is done. Pure: the clock is given, and whatever a clock that was wrong once wrote is not waited for. */
import { createHash } from "node:crypto";
import type { Certificate, CertificateName, CertificateSubject } from "../../generated/sqlite/client.js";
import { covers } from "./names.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const FIRST_PAUSE_MS = 5 * MINUTE_MS;
/** Everything is looked at once a day at least, so nothing that was planned by a wrong clock is believed longer. */
export const LOOK_MS = DAY_MS;
const BELIEVED_MS = LOOK_MS + HOUR_MS;
const RENEW_AFTER = 2 / 3;
/** Renewals of certificates that were made in one hour are spread over this part of their life. */
const SPREAD = 1 / 60;
/** However late an authority suggests it. */
const LATEST = 0.9;
const MAX_DOUBLINGS = 12;
const TOGETHER_MS = 10 * MINUTE_MS;

/** From two thirds of its life on, a little later for each by its own. */
export function renewalOf({ notBefore, notAfter, fingerprint }: Pick<Certificate, "notBefore" | "notAfter" | "fingerprint">): Date {
  const life = notAfter.getTime() - notBefore.getTime();
  return new Date(Math.round(notBefore.getTime() + life * (RENEW_AFTER + SPREAD * share(fingerprint))));
}

/** A moment of the window that an authority suggests (RFC 9773 §4.2). */
export function suggestedRenewal(window: { start: Date; end: Date }, certificate: Pick<Certificate, "notBefore" | "notAfter" | "fingerprint">): Date {
  const { start, end } = window;
  const moment = start.getTime() + (end.getTime() - start.getTime()) * share(certificate.fingerprint);
  const life = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  return new Date(Math.round(Math.min(moment, certificate.notBefore.getTime() + life * LATEST)));
}

/** Five minutes, then twice as long each time, a day at most; a little more for each by its own. */
export function backOff(failures: number, key: string): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, MAX_DOUBLINGS), DAY_MS);
  return Math.min(DAY_MS, Math.round(pause * (1 + share(key) / 10)));
}

/** A time that is waited for: not one that a clock wrote which ran ahead. */
export function isAhead(at: Date | null, now: Date): boolean {
  return at !== null && at.getTime() > now.getTime() && at.getTime() <= now.getTime() + BELIEVED_MS;
}

/** Which times are due: those that have come, and those that `isAhead` does not believe. Two ranges, each asked for alone: as one question it walks through all rows. */
export function dueRanges(now: Date): [{ lte: Date }, { gt: Date }] {
  return [{ lte: now }, { gt: new Date(now.getTime() + BELIEVED_MS) }];
}

export interface Plan {
  /** Names that may be asked for now. */
  considered: string[];
  /** Those of them that the current certificate does not cover. */
  missing: string[];
  renewing: boolean;
}

type Named = Pick<CertificateName, "name" | "state" | "nextAt" | "position">;

/** What a subject needs now; null: nothing. */
export function planOf(names: readonly Named[], current: Pick<Certificate, "names" | "renewAt" | "revokedAt" | "source"> | null, now: Date): Plan | null {
  const certified = (current?.names ?? []) as string[];
  const renewing = current === null || current.revokedAt !== null || current.source !== "acme" || current.renewAt <= now;
  const sleeps = (one: Named, until: Date) => one.state === "failing" && isAhead(one.nextAt, until);
  if (!names.some((one) => !sleeps(one, now) && (renewing || !covers(certified, one.name)))) return null;
  // Those that failed together are tried again together, although each has its own time: one order, not one for each.
  const soon = new Date(now.getTime() + TOGETHER_MS);
  const considered = names.filter((one) => !sleeps(one, soon)).map(({ name }) => name);
  const missing = considered.filter((name) => !covers(certified, name));
  return { considered, missing, renewing };
}

/** When the job looks at a subject again after nothing went wrong as a whole. */
export function nextLook(names: readonly Named[], current: Pick<Certificate, "renewAt"> | null, subject: Pick<CertificateSubject, "id">, now: Date): Date {
  const moments = names.flatMap(({ state, nextAt }) => (state === "failing" && nextAt ? [nextAt.getTime()] : []));
  // A renewal that all names sleep through is tried with the first that wakes.
  if (current && current.renewAt > now) moments.push(current.renewAt.getTime());
  const daily = now.getTime() + Math.round(LOOK_MS * (1 - share(subject.id) / 10));
  return new Date(Math.max(now.getTime() + MINUTE_MS, Math.min(daily, ...moments)));
}

/** A number from 0 to 1 that is always the same for one key. */
function share(key: string): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) / 0xffff_ffff;
}
