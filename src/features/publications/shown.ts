/** Publications as sentences: for pages, programs and terminals. */

import type { Context } from "../../core/context.js";
import { type ErrorData, messageKey } from "../../core/errors.js";
import { isAdmin } from "../../core/ownership.js";
import type { HostRecord } from "../../publish/contract.js";
import { type Cause, type DryRun, type HeldUnit, holdWords, type PublicationRow } from "../../publish/index.js";
import { readableText } from "../domains/index.js";

/** Translates. */
export type Say = (key: string, data?: Record<string, unknown>) => string;

/** Translates for who asks. */
export const sayTo =
  (request: { t: Say }): Say =>
  (key, data) =>
    request.t(key, data);

interface Sentence {
  key: string;
  data: ErrorData;
}

interface StoredError {
  step: string;
  code: string;
  data: Record<string, string>;
  output: string[];
}

const CHIPS: Record<string, string> = {
  running: "published",
  done: "verified",
  partial: "failed",
  failed: "failed",
  refused: "failed",
  interrupted: "waiting",
  verified: "verified",
  published: "published",
  pending: "waiting",
};

/** The chip's colour for a state or a result. */
export const chipFor = (state: string): string => CHIPS[state] ?? "waiting";

/** What one unit's part says. */
export interface PartRow {
  role: string;
  key: string;
  accountId: string | null;
  change: string;
  says: unknown;
  serving: string;
  result: string;
  faultCode: string | null;
  faultData: unknown;
  output: unknown;
}

/** What may hold a name. Folders are what they are called on the disk. */
const NAMES = ["name", "names", "other", "target"];

/** Data of a sentence with names as people read them. */
function asRead<Data extends ErrorData>(data: Data): Data {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, NAMES.includes(key) && typeof value === "string" ? readableText(value) : value]),
  ) as Data;
}

/** Gives a part's sentences; a unit that says nothing of itself is named by its role and key. The programs' own words are for administrators. */
export function partBody(ctx: Context, say: Say, part: PartRow) {
  const { role, key, accountId, change, serving, result } = part;
  const name = nameWithOwner(say, role, key);
  // A unit that serves no name of its own is called by role and key in its sentences.
  const named = ({ data }: Sentence) => asRead(data["unit"] === `${role} ${key}` ? { ...data, unit: name } : data);
  const spoken = (part.says as Sentence[]).map((sentence) => say(sentence.key, named(sentence)));
  const sentences = spoken.length > 0 ? spoken : [name];
  const fault = part.faultCode === null ? null : say(messageKey(part.faultCode), asRead((part.faultData ?? {}) as ErrorData));
  const output = isAdmin(ctx.actor) ? (part.output as string[]) : [];
  return { role, key, accountId, change, sentences, serving, result, fault, output };
}

/** Roles are words of daemons; those that we know have a name for people. */
export function roleName(say: Say, role: string): string {
  const known = ["web", "php", "files", "ftp", "dns"];
  return known.includes(role) ? say(`publications.roles.${role}`) : role;
}

/** What a unit is called; members read what it is, administrators also whose. */
export function unitName(ctx: Context, say: Say, role: string, key: string): string {
  return isAdmin(ctx.actor) ? nameWithOwner(say, role, key) : unitWords(say, role, key);
}

function nameWithOwner(say: Say, role: string, key: string): string {
  const [owner, version] = key.split("/");
  if (role === "php" && version !== undefined) return say("publications.unit_pool_of", { version, owner });
  return say("publications.unit", { role: roleName(say, role), key });
}

/** What a unit is called where it is known whose it is. */
export function unitWords(say: Say, role: string, key: string): string {
  const [, version] = key.split("/");
  return role === "php" && version !== undefined ? say("publications.unit_pool", { version }) : roleName(say, role);
}

/** Gives the fields of a publication. A member is not told of neighbours: neither their names nor how their part ended. */
export function publicationBody(ctx: Context, hosts: ReadonlyMap<string, string>, publication: PublicationRow) {
  const { id, number, hostId, author, startedAt, endedAt } = publication;
  const admin = isAdmin(ctx.actor);
  return {
    id,
    number,
    host: hosts.get(hostId) ?? hostId,
    state: admin ? publication.state : stateOfParts(publication),
    cause: publication.cause as Cause,
    author: admin ? author : null,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}

function stateOfParts({ state, parts }: PublicationRow): string {
  if (state === "running" || parts.some(({ result }) => result === "pending")) return state;
  return parts.some(({ result }) => result === "failed") ? "partial" : "done";
}

/** Gives errors with their sentences; the programs' own words are for administrators. */
export function errorBodies(ctx: Context, say: Say, errors: unknown) {
  const admin = isAdmin(ctx.actor);
  const stored = errors as StoredError[];
  if (!admin) return stored.slice(0, 1).map(({ step, code }) => ({ step, code, message: say("publications.not_through"), output: [] }));
  return stored.map(({ step, code, data, output }) => ({ step, code, message: say(messageKey(code), asRead(data)), output }));
}

/** Gives the parts of a dry run like those of a run. */
export function plannedParts(ctx: Context, say: Say, dry: DryRun) {
  return dry.units.map(({ code, ...unit }) =>
    partBody(ctx, say, { ...unit, serving: "present", result: code === null ? "pending" : "failed", faultCode: code, faultData: {}, output: [] }),
  );
}

/** Maps hosts' ids to their names. */
export const namesOf = (hosts: readonly HostRecord[]): Map<string, string> => new Map(hosts.map(({ id, name }) => [id, name]));

/** Gives a held unit with its sentence. Members are not told who of the administrators holds it. */
export function heldBody(ctx: Context, say: Say, hosts: ReadonlyMap<string, string>, unit: HeldUnit) {
  const { id, hostId, role, key, accountId, hold, holdData, heldAt, heldBy } = unit;
  const reason = hold as string;
  return {
    id,
    host: hosts.get(hostId) ?? hostId,
    role,
    key,
    accountId,
    name: unitName(ctx, say, role, key),
    reason,
    label: say(`publications.hold_reasons.${reason}`),
    sentence: say(`publications.holds.${reason}`, holdWords(holdData)),
    heldAt: heldAt?.toISOString() ?? null,
    heldBy: isAdmin(ctx.actor) ? heldBy : null,
  };
}
