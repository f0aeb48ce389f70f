/** A domain passes from one account to another, in one transaction with all that hangs on it. Who may do so is decided by those who call. */
import type { TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, notFound } from "../../core/errors.js";
import type { Domain } from "../../generated/sqlite/client.js";
import { placeOf } from "../accounts/index.js";
import { takeClaim } from "./claims.js";
import { refuseFull, releaseRow } from "./domains.js";
import type { MoveCount } from "./events.js";

/** What features put aside, by their name, so that the way back finds it. */
export type KeptAside = Record<string, unknown>;

/** Gives a live domain to another account. `kept`: what an earlier move put aside, on the way back. Gives what this one put aside. */
export async function moveDomain(
  tx: TransactionContext,
  domainId: string,
  toId: string,
  kept: KeptAside = {},
): Promise<{ domain: Domain; from: string; kept: KeptAside }> {
  const old = await tx.db.domain.findUnique({ where: { id: domainId } });
  if (!old) throw notFound("domains.domain_unknown");
  if (old.state === "bin") throw conflict("domains.already_in_bin", { name: old.name });
  if (old.accountId === toId) throw conflict("domains.already_yours", { name: old.name });
  const to = await placeOf(tx.db, toId);
  if (to.state !== "active") throw conflict("domains.receiver_inactive", { login: to.login });
  await refuseFull(tx, to.id, to.plan.maxDomains);

  const aside: KeptAside = {};
  const later: (() => Promise<void>)[] = [];
  const fact = { domainId, name: old.name, from: old.accountId, to: toId };
  await tx.emit("domains.moving", {
    ...fact,
    kept,
    keep: (feature, data) => {
      aside[feature] = data;
    },
    after: (act) => {
      later.push(act);
    },
  });
  // What carries the domain's account beside its id follows by the tables' own cascade.
  const domain = await tx.db.domain.update({ where: { id: domainId }, data: { accountId: toId } });
  await takeClaim(tx, toId, domain.name);
  for (const act of later) await act();
  await tx.emit("domains.moved", fact);
  const object = { type: "domain", id: domain.id, name: domain.name };
  tx.audit({ verb: "domains.domain.left", accountId: fact.from, object, old: { accountId: fact.from }, new: { accountId: toId } });
  tx.audit({ verb: "domains.domain.arrived", accountId: toId, object, old: { accountId: fact.from }, new: { accountId: toId } });
  return { domain, from: fact.from, kept: aside };
}

/** Counts what would move with a domain, what would stop and what would stay. */
export async function countMove(tx: TransactionContext, domain: Pick<Domain, "id" | "name" | "accountId">, toId: string | null): Promise<MoveCount[]> {
  const counts: MoveCount[] = [];
  await tx.emit("domains.counting_move", {
    domainId: domain.id,
    name: domain.name,
    from: domain.accountId,
    to: toId,
    add: (what, key, count) => {
      if (count > 0) counts.push({ what, key, count });
    },
  });
  return counts.sort((a, b) => a.what.localeCompare(b.what) || a.key.localeCompare(b.key));
}

/** Lets go of a domain in the bin whose name passes to somebody who proved it. */
export async function yieldDomain(tx: TransactionContext, domain: Domain): Promise<void> {
  if (domain.state !== "bin") throw conflict("domains.not_in_bin", { name: domain.name });
  await releaseRow(tx, domain);
}

/** Gives the domain of a name, live or in the bin, whoever has it: for those who keep to a rule of their own. */
export async function domainNamed(db: Db, name: string): Promise<Domain | null> {
  return db.domain.findUnique({ where: { name } });
}
