/** Plans: the ceilings that accounts share. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Plan } from "../../generated/sqlite/client.js";
import type { PlanInput } from "./schemas.js";

/** What an installation starts with: a small association's site, its mail and a CMS. */
export const DEFAULT_PLAN: PlanInput = {
  name: "Standard",
  maxDomains: 10,
  maxSites: 10,
  diskMb: 5000,
  phpMemoryMb: 256,
  phpTimeSeconds: 60,
  phpUploadMb: 64,
  phpWorkers: 5,
  connections: 40,
  maxFtpLogins: 20,
};

const COLUMNS = Object.keys(DEFAULT_PLAN) as (keyof PlanInput)[];

/** All plans by name, the number of their accounts with each. */
export async function listPlans(ctx: Context) {
  requireAdmin(ctx);
  return ctx.db.plan.findMany({ orderBy: { name: "asc" }, include: { _count: { select: { accounts: { where: { purgedAt: null } } } } } });
}

/** Gives one plan. */
export async function getPlan(ctx: Context, id: string): Promise<Plan> {
  requireAdmin(ctx);
  const plan = await ctx.db.plan.findUnique({ where: { id } });
  if (!plan) throw notFound("accounts.plan_unknown");
  return plan;
}

/** Makes sure that there is a plan for new accounts; called at install and at boot. */
export async function ensureDefaultPlan(ctx: Context): Promise<Plan> {
  const found = await ctx.db.plan.findFirst({ where: { isDefault: true } });
  if (found) return found;
  return ctx.transaction(async (tx) => {
    const there = await tx.db.plan.findFirst({ where: { isDefault: true } });
    return there ?? savePlan(tx, { ...DEFAULT_PLAN }, true);
  });
}

/** Adds a plan. */
export async function addPlan(ctx: Context, input: PlanInput): Promise<Plan> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    await refuseTakenName(tx, input.name, null);
    return savePlan(tx, input, false);
  });
}

/** Changes a plan; every account that has it is published anew. */
export async function editPlan(ctx: Context, id: string, input: PlanInput): Promise<Plan> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const old = await getPlan(tx, id);
    await refuseTakenName(tx, input.name, id);
    const plan = await tx.db.plan.update({ where: { id }, data: { ...pick(input), version: { increment: 1 } } });
    tx.audit({ verb: "accounts.plan.edited", accountId: null, object: objectOf(plan), old: pick(old), new: pick(plan) });
    const accounts = await tx.db.account.findMany({ where: { planId: id, purgedAt: null }, select: { id: true } });
    for (const account of accounts) await tx.emit("accounts.changed", { accountId: account.id, what: "edited" });
    await tx.emit("accounts.plans_changed", {});
    return plan;
  });
}

/** Makes a plan the one that new accounts get. */
export async function makeDefaultPlan(ctx: Context, id: string): Promise<Plan> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const plan = await getPlan(tx, id);
    await tx.db.plan.updateMany({ where: { isDefault: true }, data: { isDefault: false } });
    tx.audit({ verb: "accounts.plan.made_default", accountId: null, object: objectOf(plan) });
    return tx.db.plan.update({ where: { id }, data: { isDefault: true } });
  });
}

/** Removes a plan that no account has. */
export async function removePlan(ctx: Context, id: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const plan = await getPlan(tx, id);
    if (plan.isDefault) throw conflict("accounts.plan_is_default", { name: plan.name });
    const used = await tx.db.account.count({ where: { planId: id } });
    if (used > 0) throw conflict("accounts.plan_used", { name: plan.name, count: used });
    await tx.db.plan.delete({ where: { id } });
    tx.audit({ verb: "accounts.plan.removed", accountId: null, object: objectOf(plan), old: pick(plan) });
    await tx.emit("accounts.plans_changed", {});
  });
}

async function savePlan(tx: TransactionContext, input: PlanInput, isDefault: boolean): Promise<Plan> {
  const plan = await tx.db.plan.create({ data: { ...pick(input), isDefault } });
  tx.audit({ verb: "accounts.plan.added", accountId: null, object: objectOf(plan), new: pick(plan) });
  await tx.emit("accounts.plans_changed", {});
  return plan;
}

async function refuseTakenName(tx: TransactionContext, name: string, except: string | null): Promise<void> {
  const other = await tx.db.plan.findUnique({ where: { name } });
  if (other && other.id !== except) throw invalid("accounts.plan_name_taken", { name }, "name");
}

function pick(plan: PlanInput): PlanInput {
  return Object.fromEntries(COLUMNS.map((column) => [column, plan[column]])) as PlanInput;
}

function objectOf(plan: Plan) {
  return { type: "plan", id: plan.id, name: plan.name };
}
