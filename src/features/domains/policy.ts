/** Which names nobody may host: the panel's own, its machines', and those that administrators forbid. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { isAdmin, requireAdmin } from "../../core/ownership.js";
import type { ForbiddenName, NamePolicy } from "../../generated/sqlite/client.js";
import { hostAddresses } from "../hosts/index.js";
import { type DomainName, isWithin, parentsOf, parseName, suffixFault } from "./names.js";

const ONLY = 1;

/** Writes down what the environment says of names; called at boot. */
export async function writePolicy(db: Db, policy: { localNames: boolean; panelNames: string[] }): Promise<void> {
  const row = { localNames: policy.localNames, panelNames: policy.panelNames.join(" ") };
  await db.namePolicy.upsert({ where: { id: ONLY }, create: { id: ONLY, ...row }, update: row });
}

/** Refuses a name that its ending, the panel or the forbidden list rules out. The code goes to `field`. */
export async function refuseForbidden(tx: TransactionContext, name: DomainName, field: string): Promise<void> {
  const policy = await tx.db.namePolicy.findUnique({ where: { id: ONLY } });
  const fault = suffixFault(name, policy?.localNames ?? false);
  if (fault) throw invalid(`domains.${fault}`, { name }, field);
  const own = await panelNames(tx, policy);
  if (own.some((one) => isWithin(name, one))) throw invalid("domains.panel_name", { name }, field);
  // Whoever holds a domain says where the names below it lead: that of the hosting itself is an administrator's to add.
  const below = isAdmin(tx.actor) ? undefined : own.find((one) => isWithin(one, name));
  if (below) throw invalid("domains.panel_name", { name: below }, field);
  const forbidden = await tx.db.forbiddenName.findFirst({ where: { name: { in: [name, ...parentsOf(name)] } } });
  if (forbidden) throw invalid("domains.forbidden", { name }, field);
}

/** Refuses the names by which the panel, its machines and its name servers are reached, and everything below them. */
export async function refusePanelName(tx: TransactionContext, name: string, field: string): Promise<void> {
  const own = await panelNames(tx);
  if (own.some((one) => isWithin(name, one))) throw invalid("domains.panel_name", { name }, field);
}

/** Refuses a name whose wildcard would answer for the panel or one of its machines. */
export async function refuseAbovePanel(tx: TransactionContext, name: string, field: string): Promise<void> {
  const below = (await panelNames(tx)).find((one) => isWithin(one, name));
  if (below) throw invalid("domains.panel_name", { name: below }, field);
}

/** The names by which the panel, its machines and its name servers are reached. */
export async function panelNames(tx: TransactionContext, policy?: NamePolicy | null): Promise<string[]> {
  const known = policy ?? (await tx.db.namePolicy.findUnique({ where: { id: ONLY } }));
  const names = [...(known?.panelNames.split(" ") ?? []), ...(await hostAddresses(tx.db))];
  await tx.emit("domains.reserving", { add: (name) => void names.push(name) });
  return names.filter((one) => one.includes("."));
}

/** The forbidden names, in order. */
export async function listForbidden(ctx: Context): Promise<ForbiddenName[]> {
  requireAdmin(ctx);
  return ctx.db.forbiddenName.findMany({ orderBy: { name: "asc" } });
}

/** Forbids a name and everything below it, from now on. */
export async function addForbidden(ctx: Context, input: { name: string; reason: string }): Promise<ForbiddenName> {
  requireAdmin(ctx);
  const name = parseName(input.name);
  if (!name) throw invalid("domains.name_invalid", {}, "name");
  return ctx.transaction(async (tx) => {
    if (await tx.db.forbiddenName.findUnique({ where: { name } })) throw conflict("domains.already_forbidden", { name }, "name");
    const row = await tx.db.forbiddenName.create({ data: { name, reason: input.reason } });
    tx.audit({ verb: "domains.forbidden.added", accountId: null, object: { type: "name", id: name, name }, new: { reason: input.reason } });
    return row;
  });
}

/** Takes a name off the forbidden list. */
export async function removeForbidden(ctx: Context, name: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const { count } = await tx.db.forbiddenName.deleteMany({ where: { name } });
    if (count === 0) throw notFound("domains.forbidden_unknown");
    tx.audit({ verb: "domains.forbidden.removed", accountId: null, object: { type: "name", id: name, name } });
  });
}
