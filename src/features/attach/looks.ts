/** A look at a name before it is added, and the attaching itself. Until then nothing changes anywhere. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalid, notFound, tooMany } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import type { Domain, DomainLook, Prisma } from "../../generated/sqlite/client.js";
import { changeableAccount } from "../accounts/index.js";
import { changeableZone, changeZone, editZone, identityOf, isReady, type NewRecord, newProblems, readSettings, readTable } from "../dns/index.js";
import { addDomain, type DomainInput, displayName, parseName, refuseAdding } from "../domains/index.js";
import { type Candidate, candidatesOf, dataOf, isKept } from "./candidates.js";
import { askExisting } from "./questions.js";
import type { AttachInput } from "./schemas.js";

const KEPT_MS = 86_400_000;
/** Looks of one account that are kept; each holds what a stranger's name server said. */
const MAX_KEPT = 10;
/** Looks of one account in a minute: each is some sixty questions. */
const MAX_A_MINUTE = 10;
const MINUTE_MS = 60_000;

/** What a look found, as it is kept. */
export interface Seen {
  silent: boolean;
  nameServers: string[] | null;
  ds: string[];
  candidates: Candidate[];
  /** Records that no zone of ours could serve. */
  odd: number;
}

export interface Look {
  row: DomainLook;
  seen: Seen;
}

/** Looks at a name that this account could add. */
export async function lookAt(ctx: Context, services: Services, input: DomainInput): Promise<DomainLook> {
  const name = parseName(input.name);
  if (!name) throw invalid("domains.name_invalid", {}, "name");
  const accountId = await ctx.transaction(async (tx) => {
    const account = await changeableAccount(tx, input.accountId, "domains.write");
    await refuseAdding(tx, account, name);
    const since = new Date(tx.clock.now().getTime() - MINUTE_MS);
    if ((await tx.db.domainLook.count({ where: { accountId: account.id, createdAt: { gt: since } } })) >= MAX_A_MINUTE) throw tooMany("attach.looks_many");
    return account.id;
  });
  const { records, ...existing } = await askExisting(services.resolver, name);
  const seen: Seen = { ...existing, ...candidatesOf(name, records) };
  return ctx.transaction(async (tx) => {
    await tx.db.domainLook.deleteMany({ where: { OR: [{ accountId, name }, { createdAt: { lt: new Date(tx.clock.now().getTime() - KEPT_MS) } }] } });
    const orderBy: Prisma.DomainLookOrderByWithRelationInput[] = [{ createdAt: "desc" }, { id: "desc" }];
    const over = await tx.db.domainLook.findMany({ where: { accountId }, select: { id: true }, orderBy, skip: MAX_KEPT - 1 });
    await tx.db.domainLook.deleteMany({ where: { id: { in: over.map(({ id }) => id) } } });
    return tx.db.domainLook.create({ data: { accountId, name, seen: seen as unknown as Prisma.InputJsonObject, createdAt: tx.clock.now() } });
  });
}

/** Gives a look. */
export async function getLook(ctx: Context, id: string): Promise<Look> {
  const row = await ctx.db.domainLook.findFirst({ where: { id, ...ownedBy(ctx, "domains.write") } });
  if (!row) throw notFound("attach.look_unknown");
  return { row, seen: row.seen as unknown as Seen };
}

export interface Attached {
  domain: Domain;
  kept: number;
  /** Records that could not be kept, as they stand in a zone. */
  left: string[];
}

/** Adds the domain the way that was chosen, with the records that are kept. All of it, or nothing. */
export async function attachDomain(ctx: Context, services: Services, id: string, input: AttachInput): Promise<Attached> {
  return ctx.transaction(async (tx) => {
    const { row, seen } = await getLook(tx, id);
    const settings = await readSettings(tx.db);
    if (input.way === "hosted" && !isReady(settings)) throw conflict("attach.no_name_servers", { name: displayName(row.name) }, "way");
    const domain = await addDomain(tx, { accountId: row.accountId, name: row.name });
    const chosen = seen.candidates.filter((one) => (input.keep ? input.keep.includes(one.key) : isKept(one)));
    const outcome = input.way === "hosted" ? await keep(tx, services, domain, chosen) : { kept: 0, left: [] };
    if (input.way === "external") await editZone(tx, domain.id, { mode: "external" });
    await tx.db.domainLook.delete({ where: { id } });
    const object = { type: "domain", id: domain.id, name: domain.name };
    tx.audit({ verb: "attach.domain.attached", accountId: domain.accountId, object, new: { way: input.way, kept: outcome.kept } });
    return { domain, ...outcome };
  });
}

/** Adds the kept records as the account's own; one that would break the zone is left, and told. */
async function keep(tx: TransactionContext, services: Services, domain: Domain, chosen: readonly Candidate[]): Promise<{ kept: number; left: string[] }> {
  const zone = await changeableZone(tx, domain.id);
  const { served, rows, settings } = await readTable(tx.db, services.features, zone);
  const facts = { zone: zone.name, ...settings };
  const there = new Set(rows.filter((row) => row.id !== null).map(identityOf));
  const add: NewRecord[] = [];
  const left: string[] = [];
  for (const { name, type, value, ttl } of chosen) {
    const data = dataOf({ type, value });
    if (!data) continue;
    const record = { name, ttl, data };
    if (there.has(identityOf(record))) continue;
    const before = [...served, ...add];
    const sound = newProblems(before, [...before, record], facts).every(({ level }) => level === "doubt");
    if (sound) add.push(record);
    else left.push(`${name} ${type} ${value}`);
    there.add(identityOf(record));
  }
  if (add.length > 0) await changeZone(tx, services.features, zone, { add }, { knowingly: true });
  return { kept: add.length, left };
}
