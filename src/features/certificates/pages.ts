/** Data that the pages of certificates draw. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { readSetting } from "../../core/settings.js";
import { displayName, parseAddress } from "../domains/index.js";
import { getSite } from "../sites/index.js";
import { budgetsOf } from "./budget.js";
import { isFine, lookAt, meantName, type Sight } from "./looks.js";
import { placesOf } from "./places.js";
import { mayRevoke } from "./revocation.js";
import { shownFingerprint, subjectView } from "./shown.js";
import { countSubjects, getSubject, listSubjects, type ShownSubject } from "./subjects.js";

export const STATES = ["valid", "partial", "failing", "expiring", "waiting", "none"] as const;
export const subjectKey = (request: FastifyRequest) => (request.params as { certificate: string }).certificate;
export const subjectPath = ({ id }: { id: string }) => `/certificates/${id}`;

/** The views of some subjects, with two more queries. */
export async function viewsOf(request: FastifyRequest, rows: readonly ShownSubject[]) {
  const { db, clock } = request.ctx;
  const places = await placesOf(
    db,
    rows.flatMap(({ currentId }) => currentId ?? []),
  );
  const asks = (await readSetting(db, "certificates.directory")) !== null;
  return rows.map((subject) => subjectView(request, subject, places, { now: clock.now(), asks }));
}

/** What a list is asked for: the account that is looked at, or all of them for administrators' overview. */
export function queryOf(request: FastifyRequest, everything: boolean) {
  const { account, state } = request.query as { account?: string; state?: string };
  const accountId = account ?? (everything ? undefined : request.person?.accountId);
  const wanted = STATES.find((one) => one === state);
  return { window: windowOf(request.query), accountId: accountId ?? undefined, state: wanted };
}

/** Draws a list, with the number of each state. */
export async function drawList(request: FastifyRequest, reply: FastifyReply, everything: boolean) {
  const { window, accountId, state } = queryOf(request, everything);
  const scope = accountId ? { accountId } : {};
  const list = await listSubjects(request.ctx, { ...window, ...scope, ...(state ? { state } : {}) });
  const counts = await countSubjects(request.ctx, accountId);
  const base = everything ? "/certificates/overview" : "/certificates";
  const search = new URLSearchParams({
    ...(everything ? { all: "true" } : {}),
    ...scopeQuery(request),
    ...(window.q ? { q: window.q } : {}),
    page: String(window.page),
    ...(state ? { state } : {}),
  });
  return reply.page("certificates/list", {
    list: pagedList({ ...list, rows: await viewsOf(request, list.rows) }, window, state ? `${base}?state=${state}` : base),
    everything,
    base,
    state,
    stream: `/certificates/stream?${search}`,
    filters: STATES.map((one) => ({ state: one, count: counts[one] ?? 0, current: one === state })).filter(({ count, current }) => count > 0 || current),
    authority: await readSetting(request.ctx.db, "certificates.directory"),
    admin: isAdmin(request.actor),
  });
}

function scopeQuery(request: FastifyRequest): Record<string, string> {
  const { account } = request.query as { account?: string };
  return account ? { account } : {};
}

/** Draws the page of one subject. */
export async function drawSubject(request: FastifyRequest, reply: FastifyReply) {
  const subject = await getSubject(request.ctx, subjectKey(request));
  const [view] = await viewsOf(request, [subject]);
  const site = subject.siteId ? await getSite(request.ctx, subject.siteId).catch(() => null) : null;
  return reply.page("certificates/certificate", {
    certificate: view,
    site,
    insists: Boolean(site?.hstsSeconds),
    stream: `${subjectPath(subject)}/stream`,
    mayWrite: mayWrite(request, subject.accountId),
    admin: isAdmin(request.actor),
    authority: await readSetting(request.ctx.db, "certificates.directory"),
    sources: ["acme", "own", "none"].map((value) => ({
      value,
      ...SOURCE_LOOKS[value as keyof typeof SOURCE_LOOKS],
      ...wordsOf(request, `certificates.sources.${value}`),
    })),
    budgets: await budgetsFor(request, subject),
    mayRevoke: mayRevoke(subject),
    challenges: ["auto", "http", "dns"].map((value) => ({ value, label: request.t(`certificates.challenges.${value}`) })),
  });
}

/** How much of what the authority gives is used up, for these names. */
async function budgetsFor({ ctx }: FastifyRequest, subject: ShownSubject) {
  const directory = await readSetting(ctx.db, "certificates.directory");
  if (directory === null || subject.source !== "acme") return [];
  const budgets = await budgetsOf(
    ctx.db,
    directory,
    subject.names.map(({ name }) => name),
    ctx.clock.now(),
  );
  return budgets.filter(({ what }) => what !== "orders").map((budget) => ({ ...budget, name: displayName(budget.name) }));
}

const REASONS = ["seen", "replaced", "over"];
/** In the form that the sprite's builder reads. */
const SOURCE_LOOKS = {
  acme: { icon: "refresh" },
  own: { icon: "certificate" },
  none: { icon: "ban" },
};

function wordsOf(request: FastifyRequest, key: string) {
  return { label: request.t(key), text: request.t(`${key}_text`) };
}

/** Draws the form for a certificate that somebody brings. */
export async function drawUpload(request: FastifyRequest, reply: FastifyReply) {
  const subject = await getSubject(request.ctx, subjectKey(request), "certificates.write");
  const [view] = await viewsOf(request, [subject]);
  const { formState } = request;
  if (formState) formState.values["chain"] = withoutKeys(formState.values["chain"]);
  return reply.page("certificates/own", { certificate: view });
}

/** What was pasted comes back; where a key may stand in it, only the certificates do. */
function withoutKeys(pasted: unknown): string {
  const text = [pasted ?? ""].flat().map(String).join("\n");
  return /private/i.test(text) ? (text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g) ?? []).join("\n") : text;
}

/** Draws what leaving HTTPS, or a certificate, means. */
export async function drawNone(request: FastifyRequest, reply: FastifyReply) {
  const subject = await getSubject(request.ctx, subjectKey(request), "certificates.write");
  const site = subject.siteId ? await getSite(request.ctx, subject.siteId).catch(() => null) : null;
  const consequences = [request.t("certificates.none_warning", { count: subject.names.length })];
  if (site?.hstsSeconds) consequences.push(request.t("certificates.none_hsts"));
  const [view] = await viewsOf(request, [subject]);
  return reply.page("certificates/none", { certificate: view, consequences });
}

/** Draws what taking a certificate back means, and asks why. */
export async function drawRevoke(request: FastifyRequest, reply: FastifyReply) {
  const subject = await getSubject(request.ctx, subjectKey(request), "certificates.write");
  const [view] = await viewsOf(request, [subject]);
  return reply.page("certificates/revoke", {
    certificate: view,
    possible: mayRevoke(subject),
    reasons: REASONS.map((value) => ({ value, ...wordsOf(request, `https.reasons.${value}`) })),
  });
}

/** Draws what a visitor's browser sees, and why. */
export async function drawWarning(request: FastifyRequest, reply: FastifyReply, services: Services) {
  const { name: typed } = request.query as { name?: string };
  const subject = await getSubject(request.ctx, subjectKey(request));
  const wanted = typed ? meantName(subject, parseAddress(typed) ?? typed) : undefined;
  const sight = await lookAt(request.ctx, services, subject.id, wanted);
  const [view] = await viewsOf(request, [subject]);
  return reply.page("certificates/warning", {
    certificate: view,
    sight: sightView(request, sight),
    several: subject.names.length > 1,
    names: subject.names.map(({ name }) => ({ value: name, label: displayName(name) })),
  });
}

/** What was seen, in the reader's words, worst first. */
export function sightView(reader: Pick<FastifyRequest, "t">, sight: Sight) {
  const display = displayName(sight.name);
  const looks = sight.looks.map((look) => {
    const key =
      look.verdict === "good" && look.ours === false
        ? "good_elsewhere"
        : look.ours === false && !isFine(look) && look.address
          ? elsewhereKey(look.verdict)
          : look.verdict;
    const data = {
      name: display,
      address: look.address ?? "",
      issuer: look.facts?.issuer ?? "",
      names: look.facts?.names.slice(0, 5).map(displayName).join(", ") ?? "",
      date: look.facts?.notAfter.toISOString().slice(0, 10) ?? "",
    };
    return {
      ...look,
      fine: isFine(look),
      title: reader.t(`https.looks.${key}.title`, data),
      text: reader.t(`https.looks.${key}.text`, data),
      next: reader.t(`https.looks.${key}.next`, data),
      seen: look.facts && { ...look.facts, fingerprint: shownFingerprint(look.facts.fingerprint) },
    };
  });
  return { name: sight.name, display, alias: sight.alias, looks: looks.sort((a, b) => Number(a.fine) - Number(b.fine)), fine: looks.every(({ fine }) => fine) };
}

/** A server that is not ours is mended elsewhere, whatever is wrong with it. */
function elsewhereKey(verdict: string): string {
  return verdict === "not_asked" ? verdict : "elsewhere";
}

function mayWrite(request: FastifyRequest, accountId: string | null): boolean {
  const ids = accountsWith(request.actor, "certificates.write");
  return ids === null || (accountId !== null && ids.includes(accountId));
}
