/** One attempt for one subject: look, order what may be ordered, keep what came, and say of each name that did not why, and when it is tried again. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Context } from "../../core/context.js";
import type { ErrorData } from "../../core/errors.js";
import type { Secret } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { AcmeFault, type NameFault } from "./acme/fault.js";
import { type Obtained, type OrderResult, orderCertificate } from "./acme/order.js";
import { renewalId, suggestedWindow } from "./acme/renewal-info.js";
import { type Budget, budgetsOf, exhausted, noteOrder, noteOutcome, setOf } from "./budget.js";
import { addCertificate, keyOf } from "./certificates.js";
import { type LeftOut, lookAt, type Ready } from "./checks.js";
import { hideProofs, showProofs } from "./dns-proof.js";
import { factsOf } from "./facts.js";
import { covers } from "./names.js";
import { writeProblem } from "./problems.js";
import { backOff, isAhead, nextLook, planOf, renewalOf, suggestedRenewal } from "./schedule.js";
import type { Session } from "./sessions.js";
import { getSubject, type ShownSubject, stateOf } from "./subjects.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MAX_WAIT_MS = 7 * DAY_MS;

/** A used up budget, thrown where the order would have been placed. */
class BudgetFault extends Error {
  readonly budget: Budget;

  constructor(budget: Budget) {
    super(`budget ${budget.what}`);
    this.budget = budget;
  }
}

/** Does for a subject what there is to do now. Throws an AcmeFault when the authority is down, or wants no account of ours. */
export async function attempt(ctx: Context, services: Services, session: Session, subjectId: string): Promise<"nothing" | "obtained" | "failed"> {
  const subject = await getSubject(ctx, subjectId);
  await followSuggestion(ctx, session, subject);
  const plan = planOf(subject.names, subject.current, ctx.clock.now());
  if (plan === null) {
    await settle(ctx, subjectId);
    return "nothing";
  }
  const issuer = { issuers: session.directory.caaIdentities, accountUrl: session.account.url, unready: session.unready };
  const first = await lookAt(services, subject, plan.renewing ? plan.considered : plan.missing, issuer);
  await noteLeftOut(ctx, subject, first.leftOut);
  if (first.ready.length === 0) return fail(ctx, subject, wholeProblem(first.leftOut, subject), null);
  // What is covered comes along: it is one certificate, and the authority remembers what was proven lately.
  const rest = plan.renewing
    ? null
    : await lookAt(
        services,
        subject,
        plan.considered.filter((name) => !plan.missing.includes(name)),
        issuer,
      );
  const ready = [...first.ready, ...(rest?.ready ?? [])].sort((a, b) => positionOf(subject, a.name) - positionOf(subject, b.name));
  return place(ctx, services, session, subject, ready);
}

async function place(ctx: Context, services: Services, session: Session, subject: ShownSubject, ready: readonly Ready[]): Promise<"obtained" | "failed"> {
  const { db, clock } = ctx;
  const { account } = session;
  const { current } = subject;
  let noted: string[] = [];
  const placing = async (names: string[]): Promise<void> => {
    await noteOutcome(db, noted, false);
    noted = [];
    const renewal = current !== null && setOf(current.names as string[]) === setOf(names);
    const budget = exhausted(await budgetsOf(db, account.directory, names, clock.now(), subject.accountId));
    if (budget && !(renewal && budget.what === "domain")) throw new BudgetFault(budget);
    noted = await noteOrder(db, { directory: account.directory, names, subjectId: subject.id, at: clock.now(), renewal });
  };
  const proofs = {
    show: (values: { name: string; value: string }[]) =>
      showProofs(
        ctx,
        services,
        values.flatMap(({ name, value }) => {
          const zone = ready.find((one) => one.name === name)?.zone;
          return zone ? [{ name, value, zone }] : [];
        }),
      ),
    hide: (values: { name: string; value: string }[]) => hideProofs(ctx, values),
  };
  const replaces = current?.directory === account.directory && session.directory.renewalInfo !== null ? current.ariId : null;
  let result: OrderResult;
  try {
    result = await orderCertificate(session.authority, ready, { proofs, placing, replaces, key: keptKey(services, subject) });
  } catch (error) {
    await noteOutcome(db, noted, false);
    if (error instanceof BudgetFault) return fail(ctx, subject, budgetProblem(error.budget), error.budget.until);
    if (!(error instanceof AcmeFault)) throw error;
    return failByAuthority(ctx, session, subject, error);
  }
  await noteOutcome(db, noted, result.obtained !== null);
  await noteLeftOut(ctx, subject, result.failed.map(leftOutOf));
  if (result.obtained === null) return fail(ctx, subject, wholeProblem(result.failed.map(leftOutOf), subject), null);
  await keep(ctx, services, session, subject, result.obtained);
  return "obtained";
}

/** A key that a zone tells is kept at a renewal, so that no resolver's memory of it becomes wrong; not one that was revoked. */
function keptKey(services: Services, { tlsa, current }: ShownSubject): Secret | null {
  return tlsa && current?.source === "acme" && current.revokedAt === null ? keyOf(services, current) : null;
}

async function keep(ctx: Context, services: Services, session: Session, subject: ShownSubject, { chain, key, names }: Obtained): Promise<void> {
  const facts = factsOf(chain);
  const whole = names.every((name) => covers(facts.names, name)) && new X509Certificate(chain).checkPrivateKey(createPrivateKey(key.reveal()));
  if (!whole) throw new AcmeFault("refused", "strange", "the certificate is not the one that was asked for");
  const ariId = session.directory.renewalInfo === null ? null : renewalId(chain);
  await ctx.transaction(async (tx) => {
    const row = await tx.db.certificateSubject.findUnique({ where: { id: subject.id } });
    // Its site was let go of meanwhile.
    if (!row) return;
    const given = { source: "acme" as const, directory: session.account.directory, chain, key, facts, renewAt: renewalOf(facts), ariId };
    const certificate = await addCertificate(tx, services, row, given);
    tx.audit({
      verb: "certificates.certificate.obtained",
      accountId: subject.accountId,
      object: { type: "certificate", id: subject.id, name: subject.title },
      new: { names: facts.names, issuer: facts.issuer, until: facts.notAfter, fingerprint: facts.fingerprint, number: certificate.number },
    });
  });
  await settle(ctx, subject.id);
}

/** Nothing went wrong as a whole: when it is looked at again, and what it is now. */
async function settle(ctx: Context, subjectId: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const subject = await tx.db.certificateSubject.findUnique({ where: { id: subjectId }, include: { names: true, current: true } });
    if (!subject) return;
    const { current } = subject;
    const now = tx.clock.now();
    // What failed once and is covered all the same has nothing to wait for.
    const woken = subject.names.filter(
      ({ name, state, nextAt }) => state === "failing" && !isAhead(nextAt, now) && covers((current?.names ?? []) as string[], name),
    );
    for (const { name } of woken)
      await tx.db.certificateName.update({
        where: { subjectId_name: { subjectId, name } },
        data: { state: "covered", failures: 0, problem: null, nextAt: null },
      });
    const names = subject.names.map((one) => (woken.includes(one) ? { ...one, state: "covered", nextAt: null } : one));
    // A name that came while this was under way is asked for at once.
    const nextAt = planOf(names, current, now) === null ? nextLook(names, current, subject, now) : now;
    const state = stateOf({ source: subject.source, problem: null }, names, current);
    await tx.db.certificateSubject.update({ where: { id: subjectId }, data: { nextAt, state, failures: 0, problem: null } });
  });
}

/** The authority refused the order itself. */
async function failByAuthority(ctx: Context, session: Session, subject: ShownSubject, fault: AcmeFault): Promise<"failed"> {
  const host = new URL(session.account.directory).host;
  const data = { host, detail: fault.detail || fault.type };
  if (fault.kind === "limited") {
    const wait = fault.retryAfterSeconds === null ? null : Math.min(fault.retryAfterSeconds * 1000, MAX_WAIT_MS);
    return fail(ctx, subject, { code: "certificates.authority_limited", data }, wait === null ? null : new Date(ctx.clock.now().getTime() + wait));
  }
  await fail(ctx, subject, { code: fault.kind === "down" ? "certificates.authority_away" : "certificates.authority_refused", data }, null);
  if (fault.kind === "down" || ["accountDoesNotExist", "externalAccountRequired", "userActionRequired"].includes(fault.type)) throw fault;
  return "failed";
}

/** What only we can mend must not be asked again and again. */
export async function noteOurFault(ctx: Context, subjectId: string): Promise<void> {
  const subject = await getSubject(ctx, subjectId);
  await fail(ctx, subject, { code: "certificates.our_fault", data: { name: subject.title } }, new Date(ctx.clock.now().getTime() + HOUR_MS));
}

async function fail(
  ctx: Context,
  subject: Pick<ShownSubject, "id" | "names">,
  problem: { code: string; data: ErrorData },
  until: Date | null,
): Promise<"failed"> {
  await ctx.transaction(async (tx) => {
    const row = await tx.db.certificateSubject.findUnique({ where: { id: subject.id }, include: { names: true, current: true } });
    if (!row) return;
    const now = tx.clock.now();
    const failures = row.failures + 1;
    const stored = writeProblem(problem.code, problem.data, now);
    const came = row.names.some(({ name }) => !subject.names.some((one) => one.name === name));
    const nextAt = came ? now : (until ?? new Date(now.getTime() + backOff(failures, row.id)));
    const state = stateOf({ source: row.source, problem: stored }, row.names, row.current);
    await tx.db.certificateSubject.update({ where: { id: row.id }, data: { failures, problem: stored, nextAt, state } });
  });
  return "failed";
}

/** Each name that is left out has its own next time. */
async function noteLeftOut(ctx: Context, subject: ShownSubject, leftOut: readonly LeftOut[]): Promise<void> {
  if (leftOut.length === 0) return;
  await ctx.transaction(async (tx) => {
    const now = tx.clock.now();
    for (const { name, code, data } of leftOut) {
      const row = await tx.db.certificateName.findUnique({ where: { subjectId_name: { subjectId: subject.id, name } } });
      if (!row) continue;
      const failures = row.failures + 1;
      const nextAt = new Date(now.getTime() + backOff(failures, name));
      const update = { state: "failing", failures, nextAt, problem: writeProblem(code, data, now) };
      await tx.db.certificateName.update({ where: { subjectId_name: { subjectId: subject.id, name } }, data: update });
    }
  });
}

/** The time that an authority suggests, where it does. */
async function followSuggestion(ctx: Context, { directory, authority, account }: Session, { current }: ShownSubject): Promise<void> {
  if (!current?.ariId || directory.renewalInfo === null || current.directory !== account.directory) return;
  const window = await suggestedWindow(authority.transport, directory.renewalInfo, current.ariId);
  if (!window) return;
  current.renewAt = suggestedRenewal(window, current);
  await ctx.db.certificate.updateMany({ where: { id: current.id }, data: { renewAt: current.renewAt } });
}

/** One sentence for the whole: the one reason, or that no name is left. */
function wholeProblem(leftOut: readonly LeftOut[], subject: ShownSubject): { code: string; data: ErrorData } {
  const [first] = leftOut;
  if (first && leftOut.length === 1) return { code: first.code, data: first.data };
  return { code: "certificates.no_name_left", data: { count: leftOut.length, name: subject.title } };
}

function budgetProblem({ what, name, used, max }: Budget): { code: string; data: ErrorData } {
  return { code: `certificates.budget_${what}`, data: { name, used, max } };
}

const CODES: Record<string, string> = {
  dns: "certificates.authority_dns",
  connection: "certificates.authority_connection",
  tls: "certificates.authority_connection",
  unauthorized: "certificates.authority_unauthorized",
  incorrectResponse: "certificates.authority_unauthorized",
  caa: "certificates.authority_caa",
  rejectedIdentifier: "certificates.authority_rejected",
  notPublished: "certificates.proof_not_published",
};

function leftOutOf({ name, type, detail }: NameFault): LeftOut {
  return { name, code: CODES[type] ?? "certificates.authority_name", data: { name, detail: detail || type } };
}

function positionOf({ names }: ShownSubject, name: string): number {
  return names.find((one) => one.name === name)?.position ?? 0;
}
