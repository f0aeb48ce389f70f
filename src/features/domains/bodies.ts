/** How domains are told to programs and shown on pages. */
import type { Static } from "typebox";
import type { Db } from "../../core/db.js";
import type { ShownDomain } from "./domains.js";
import { displayName } from "./names.js";
import type { DomainOutput } from "./schemas.js";

/** When the names in the bin are released, by name. */
export async function releasesOf(db: Db, names: string[]): Promise<Map<string, Date | null>> {
  const claims = await db.claim.findMany({ where: { name: { in: names } } });
  return new Map(claims.map(({ name, releaseAt }) => [name, releaseAt]));
}

/** Gives the answer's fields of domains. */
export async function domainBodies(db: Db, domains: ShownDomain[]): Promise<Static<typeof DomainOutput>[]> {
  const releases = await releasesOf(
    db,
    domains.map(({ name }) => name),
  );
  return domains.map(({ id, name, state, account, addresses, createdAt }) => ({
    id,
    name,
    display: displayName(name),
    state,
    releaseAt: releases.get(name)?.toISOString() ?? null,
    account: { id: account.id, login: account.login },
    addresses,
    createdAt: createdAt.toISOString(),
  }));
}
