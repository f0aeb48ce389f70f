/** Subjects: what has a certificate. They follow the sites, and the names by which people reach our own machines. */
import type { Context, TransactionContext } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import type { Certificate, CertificateName, CertificateSubject, Prisma } from "../../generated/sqlite/client.js";
import { displayName, parseAddress, parseName, searchText } from "../domains/index.js";
import { covers } from "./names.js";
import { dropPlaces, wantPlaces } from "./places.js";

const SHOWN = { names: { orderBy: { position: "asc" } }, current: true, previous: true } as const;
export type ShownSubject = Prisma.CertificateSubjectGetPayload<{ include: typeof SHOWN }>;

export interface SubjectQuery {
  q?: string;
  accountId?: string;
  /** waiting | valid | partial | failing | none | expiring (within fourteen days) */
  state?: string;
  skip?: number;
  take?: number;
}

const EXPIRING_DAYS = 14;
const DAY_MS = 86_400_000;

/** Subjects that the actor may see, by their first name; those of our own machines are for administrators. */
export async function listSubjects(ctx: Context, query: SubjectQuery = {}): Promise<{ rows: ShownSubject[]; total: number }> {
  const text = query.q?.trim().toLowerCase().normalize("NFC");
  const where: Prisma.CertificateSubjectWhereInput = {
    AND: [
      ownedBy(ctx, "certificates.read"),
      LIVE,
      query.accountId ? { accountId: query.accountId } : {},
      stateFilter(ctx, query.state),
      text ? { search: { contains: text } } : {},
    ],
  };
  const rows = await ctx.db.certificateSubject.findMany({
    where,
    include: SHOWN,
    orderBy: [{ title: "asc" }, { id: "asc" }],
    skip: query.skip ?? 0,
    take: query.take ?? 20,
  });
  return { rows, total: await ctx.db.certificateSubject.count({ where }) };
}

/** Subjects by their state, for the overview. */
export async function countSubjects(ctx: Context, accountId?: string): Promise<Record<string, number>> {
  const where = { AND: [ownedBy(ctx, "certificates.read"), LIVE, accountId ? { accountId } : {}] };
  const groups = await ctx.db.certificateSubject.groupBy({ by: ["state"], where, _count: { _all: true } });
  const expiring = await ctx.db.certificateSubject.count({ where: { AND: [where, stateFilter(ctx, "expiring")] } });
  return { ...Object.fromEntries(groups.map(({ state, _count }) => [state, _count._all])), expiring };
}

/** Those that need somebody: failing, incomplete, or near their end. */
export async function countNeedy(ctx: Context, accountId?: string): Promise<number> {
  const needy = { OR: [{ state: { in: ["failing", "partial"] } }, stateFilter(ctx, "expiring")] };
  return ctx.db.certificateSubject.count({ where: { AND: [ownedBy(ctx, "certificates.read"), LIVE, accountId ? { accountId } : {}, needy] } });
}

/** Gives one subject, by its id, its site's, or one of its names. */
export async function getSubject(ctx: Context, key: string, permission = "certificates.read"): Promise<ShownSubject> {
  const name = parseAddress(key) ?? parseName(key) ?? key;
  const subject = await ctx.db.certificateSubject.findFirst({
    where: { AND: [{ OR: [{ id: key }, { siteId: key }, { names: { some: { name } } }] }, ownedBy(ctx, permission)] },
    include: SHOWN,
    orderBy: { createdAt: "asc" },
  });
  if (!subject) throw notFound("certificates.subject_unknown");
  return subject;
}

/** Those that are served: a site in the bin waits, a suspended account's sites go on. */
export const LIVE: Prisma.CertificateSubjectWhereInput = {
  OR: [{ siteId: null }, { site: { state: "live", account: { state: { not: "removed" } } } }],
};

/** Follows the addresses of a site. */
export async function followSite(tx: TransactionContext, fact: { siteId: string; accountId: string; names: readonly string[] }): Promise<void> {
  const known = await tx.db.certificateSubject.findUnique({ where: { siteId: fact.siteId } });
  const subject = known ?? (await createSubject(tx, { siteId: fact.siteId, accountId: fact.accountId }, fact.names));
  await setNames(tx, subject, fact.names);
}

/** Follows the names of a machine for one purpose; without any there is no subject. */
export async function followHost(
  tx: TransactionContext,
  { hostId, service, names }: { hostId: string; service: string; names: readonly string[] },
): Promise<void> {
  const known = await tx.db.certificateSubject.findUnique({ where: { hostId_service: { hostId, service } } });
  if (names.length === 0) {
    if (known) await dropSubject(tx, known);
    return;
  }
  await setNames(tx, known ?? (await createSubject(tx, { hostId, service }, names)), names);
}

/** Without a host: so it is found in an index, and not among all subjects. */
const PANEL = { hostId: null, service: "panel" };

/** Makes the subject of the panel's own name, or follows it when the panel was given another one. A name of this machine only (localhost) has none. */
export async function followPanel(ctx: Context, services: Pick<Services, "env">): Promise<void> {
  const name = parseName(new URL(services.env.origin).hostname);
  // Where a proxy ends TLS, nobody here could show a certificate.
  if (name === null || name.endsWith(".localhost") || !services.env.tls) return;
  const known = await ctx.db.certificateSubject.findFirst({ where: PANEL, include: { names: true } });
  if (known?.names.length === 1 && known.names[0]?.name === name) return;
  await ctx.transaction(async (tx) => {
    const there = await tx.db.certificateSubject.findFirst({ where: PANEL });
    await setNames(tx, there ?? (await createSubject(tx, { service: "panel" }, [name])), [name]);
  });
}

/** Lets go of a subject; its files are taken off the machines. */
export async function dropSubject(tx: TransactionContext, subject: Pick<CertificateSubject, "id">): Promise<void> {
  await dropPlaces(tx, subject.id, null);
  await tx.db.certificateSubject.delete({ where: { id: subject.id } });
}

/**
 * A site is another account's now. What people brought goes: whoever brought a key still has it. What came from the authority goes along,
 * for nobody ever saw that key, to wherever the sites of the other account are.
 */
export async function passOn(tx: TransactionContext, siteId: string): Promise<void> {
  const subject = await tx.db.certificateSubject.findUnique({ where: { siteId }, include: { current: true } });
  if (!subject) return;
  const { id, source, current } = subject;
  await dropPlaces(tx, id, null);
  if (source === "own" || current?.source === "own") {
    await tx.db.certificateName.updateMany({ where: { subjectId: id }, data: { state: "wanted", failures: 0, problem: null, nextAt: null } });
    const fresh = { currentId: null, previousId: null, expiresAt: null, state: "waiting", failures: 0, problem: null, toldDays: null };
    await tx.db.certificateSubject.update({ where: { id }, data: { ...fresh, source: "acme", nextAt: tx.clock.now() } });
  }
  await tx.db.certificate.deleteMany({ where: { subjectId: id, source: "own" } });
  await wantPlaces(tx, id);
}

/** What a subject is once its names or its certificate changed. Pure. */
export function stateOf(
  subject: Pick<CertificateSubject, "source" | "problem">,
  names: readonly Pick<CertificateName, "name">[],
  current: Pick<Certificate, "names"> | null,
): string {
  if (subject.source === "none") return "none";
  if (!current) return subject.problem === null ? "waiting" : "failing";
  const certified = current.names as string[];
  const covered = names.filter(({ name }) => covers(certified, name)).length;
  if (covered === names.length) return subject.problem === null ? "valid" : "failing";
  return covered === 0 ? "waiting" : "partial";
}

type Owner = { siteId: string; accountId: string } | { hostId: string; service: string } | { service: string };

async function createSubject(tx: TransactionContext, owner: Owner, names: readonly string[]): Promise<CertificateSubject> {
  return tx.db.certificateSubject.create({ data: { ...owner, ...titleOf(names), createdAt: tx.clock.now() } });
}

async function setNames(tx: TransactionContext, subject: CertificateSubject, names: readonly string[]): Promise<void> {
  const known = await tx.db.certificateName.findMany({ where: { subjectId: subject.id } });
  const gone = known.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  const fresh = names.filter((name) => !known.some((one) => one.name === name));
  await tx.db.certificateName.deleteMany({ where: { subjectId: subject.id, name: { in: gone } } });
  const current = subject.currentId ? await tx.db.certificate.findUnique({ where: { id: subject.currentId } }) : null;
  for (const [position, name] of names.entries()) {
    const state = current && covers(current.names as string[], name) ? "covered" : "wanted";
    const key = { subjectId: subject.id, name };
    await tx.db.certificateName.upsert({ where: { subjectId_name: key }, create: { ...key, position, state }, update: { position } });
  }
  if (gone.length > 0) await dropPlaces(tx, subject.id, gone);
  const state = stateOf(
    subject,
    names.map((name) => ({ name })),
    current,
  );
  // A name that came lately is waited for by somebody.
  const nextAt = fresh.length > 0 && subject.source === "acme" ? tx.clock.now() : subject.nextAt;
  await tx.db.certificateSubject.update({ where: { id: subject.id }, data: { ...titleOf(names, subject), state, nextAt } });
  if (fresh.length > 0) await wantPlaces(tx, subject.id);
}

function titleOf(names: readonly string[], before?: Pick<CertificateSubject, "title" | "search">) {
  const [first] = names;
  if (first === undefined) return before ? { title: before.title, search: before.search } : { title: "", search: "" };
  return { title: displayName(first), search: searchText(...names) };
}

function stateFilter(ctx: Context, state: string | undefined): Prisma.CertificateSubjectWhereInput {
  if (!state) return {};
  if (state !== "expiring") return { state };
  const now = ctx.clock.now().getTime();
  // One that renews itself is nobody's business before its renewal is late: some last six days in all.
  const late = { source: "acme", current: { renewAt: { lt: new Date(now - DAY_MS) } } };
  return { expiresAt: { lte: new Date(now + EXPIRING_DAYS * DAY_MS) }, OR: [{ source: "own" }, late] };
}
