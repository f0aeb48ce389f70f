/** Records that follow from certificates: proofs that an authority asks for, and the keys that a signed zone tells. */
import type { Db } from "../../core/db.js";
import type { DerivedRecord, NamedDomain } from "../dns/index.js";
import { proofRecords } from "./dns-proof.js";
import { tlsaRecords } from "./tlsa.js";

/** Contributes both kinds, by the id of their domain. */
export async function certificateRecords(db: Db, domains: readonly NamedDomain[]): Promise<Map<string, DerivedRecord[]>> {
  const all = new Map<string, DerivedRecord[]>();
  for (const records of [await proofRecords(db, domains), await tlsaRecords(db, domains)])
    for (const [id, list] of records) all.set(id, [...(all.get(id) ?? []), ...list]);
  return all;
}
