/** Who may see and change what, written so that it stands in the query: forgetting a right finds nothing. */
import type { Actor, Context, MembershipRole } from "./context.js";
import { forbidden, notFound } from "./errors.js";

/** Condition on rows that carry `accountId`. `{}`: all rows; an empty list matches nothing. */
export type OwnedBy = { accountId?: { in: string[] } };

const rolesOf = new Map<string, readonly MembershipRole[]>();

/** Adds a feature's permissions; the same name twice with other roles stops the boot. */
export function registerPermissions(permissions: Record<string, readonly MembershipRole[]>): void {
  for (const [name, roles] of Object.entries(permissions)) {
    const known = rolesOf.get(name);
    if (known && known.join() !== roles.join()) throw new Error(`permission "${name}" is declared twice, with different roles`);
    rolesOf.set(name, roles);
  }
}

/** Gives the roles that have a permission; a name that no feature declared is a programmer's fault. */
export function rolesWith(permission: string): readonly MembershipRole[] {
  const roles = rolesOf.get(permission);
  if (!roles) throw new Error(`permission "${permission}" is declared by no feature`);
  return roles;
}

/** Lists every declared permission, sorted. */
export function listPermissions(): string[] {
  return [...rolesOf.keys()].sort();
}

/** Is this someone with all rights (an administrator, or the system itself)? */
export function isAdmin(actor: Actor): boolean {
  return actor.kind === "system" || (actor.kind === "user" && actor.admin);
}

/** Gives the accounts in which the actor has a permission; null: all of them. */
export function accountsWith(actor: Actor, permission: string): string[] | null {
  const roles = rolesWith(permission);
  if (isAdmin(actor)) return null;
  if (actor.kind !== "user") return [];
  return [...actor.memberships].filter(([, role]) => roles.includes(role)).map(([accountId]) => accountId);
}

/** Gives the condition to spread into `where`, on a model that has `accountId`: `where: { id, ...ownedBy(ctx, "sites.write") }`. */
export function ownedBy(ctx: Pick<Context, "actor">, permission: string): OwnedBy {
  const accounts = accountsWith(ctx.actor, permission);
  return accounts === null ? {} : { accountId: { in: accounts } };
}

/** Refuses who lacks a permission in an account: 404 to strangers (they may not learn that it exists), 403 to its members. */
export function requirePermission(ctx: Pick<Context, "actor">, permission: string, accountId: string): void {
  const accounts = accountsWith(ctx.actor, permission);
  if (accounts === null || accounts.includes(accountId)) return;
  if (ctx.actor.kind === "user" && ctx.actor.memberships.has(accountId)) throw forbidden("core.forbidden");
  throw notFound("core.not_found");
}

/** Refuses everyone but administrators and the system: 404, as for a page that does not exist. */
export function requireAdmin(ctx: Pick<Context, "actor">): void {
  if (!isAdmin(ctx.actor)) throw notFound("core.not_found");
}
