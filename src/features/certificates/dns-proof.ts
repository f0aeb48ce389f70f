/** Proofs by DNS: records of our own zones while an authority looks. They are derived like any other, so no write goes around the engine. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { DNS_PORT, type Server } from "../../core/dns/index.js";
import type { Services } from "../../core/services.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { publisherOf } from "../../publish/index.js";
import { type DerivedRecord, dnsServerOf, type NamedDomain, readSettings, touchZones } from "../dns/index.js";
import { challengeName } from "./checks.js";

/** Short, so that nobody remembers it longer than it is there. */
const TTL_SECONDS = 60;
const SPREAD_MS = 90_000;
const POLL_MS = 1000;
/** What a run that died left behind. */
const MAX_AGE_MS = 3_600_000;

export interface DnsProof {
  name: string;
  value: string;
  zone: Zone;
}

/** Contributes the records that authorities are asked to look at. */
export async function proofRecords(db: Db, domains: readonly NamedDomain[]): Promise<Map<string, DerivedRecord[]>> {
  const rows = await db.acmeRecord.findMany({ where: { domainId: { in: domains.map(({ id }) => id) } }, orderBy: [{ name: "asc" }, { value: "asc" }] });
  const records = new Map<string, DerivedRecord[]>();
  for (const { domainId, name, value } of rows) {
    const list = records.get(domainId) ?? [];
    records.set(domainId, list);
    const strings = [Buffer.from(value, "ascii").toString("hex")];
    list.push({
      name,
      ttl: TTL_SECONDS,
      data: { type: "TXT", strings },
      reason: { key: "certificates.dns.proof", data: { name: name.slice("_acme-challenge.".length) } },
    });
  }
  return records;
}

/** Shows proofs and waits until every name server of ours does. Gives the names of those that did not in time, with what was asked last. */
export async function showProofs(ctx: Context, services: Services, proofs: readonly DnsProof[]): Promise<Map<string, string>> {
  if (proofs.length === 0) return new Map();
  await ctx.transaction(async (tx) => {
    for (const { name, value, zone } of proofs) {
      const data = { domainId: zone.domainId, accountId: zone.accountId, name: challengeName(name), value, createdAt: tx.clock.now() };
      await tx.db.acmeRecord.create({ data });
    }
    await touchZones(tx, [...new Set(proofs.map(({ name }) => challengeName(name)))]);
  });
  const { publisher, hosts } = { publisher: publisherOf(services), hosts: [...new Set(proofs.flatMap(({ zone }) => zone.dnsHostId ?? []))] };
  await Promise.all(hosts.map((hostId) => publisher.run(hostId)));
  return awaitSight(services, proofs);
}

/** Takes proofs back, and only these: a wildcard and its name, perhaps of two sites, are proven at one place. Nothing waits for it. */
export async function hideProofs(ctx: Context, proofs: readonly Pick<DnsProof, "name" | "value">[]): Promise<void> {
  if (proofs.length === 0) return;
  await ctx.transaction((tx) => removeRecords(tx, { OR: proofs.map(({ name, value }) => ({ name: challengeName(name), value })) }));
}

/** Takes back what a run that died left. */
export async function hideForgotten(ctx: Context): Promise<void> {
  const old = { createdAt: { lt: new Date(ctx.clock.now().getTime() - MAX_AGE_MS) } };
  if ((await ctx.db.acmeRecord.count({ where: old })) > 0) await ctx.transaction((tx) => removeRecords(tx, old));
}

async function removeRecords(tx: TransactionContext, where: { OR: { name: string; value: string }[] } | { createdAt: { lt: Date } }): Promise<void> {
  const rows = await tx.db.acmeRecord.findMany({ where });
  await tx.db.acmeRecord.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } });
  await touchZones(tx, [...new Set(rows.map(({ name }) => name))]);
}

async function awaitSight(services: Services, proofs: readonly DnsProof[]): Promise<Map<string, string>> {
  const end = performance.now() + SPREAD_MS;
  const unseen = new Map<string, string>();
  await Promise.all(
    proofs.map(async ({ name, value, zone }) => {
      for (const server of await serversFor(services, zone)) {
        let seen = await shows(services, server, name, value);
        while (!seen && performance.now() < end) {
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          seen = await shows(services, server, name, value);
        }
        if (!seen) return unseen.set(name, server.address);
      }
      return unseen;
    }),
  );
  return unseen;
}

/** The primary, and every name server whose addresses were told: an authority asks any of them. */
async function serversFor(services: Services, zone: Zone): Promise<Server[]> {
  const host = zone.dnsHostId ? await publisherOf(services).hosts.find(services.db, zone.dnsHostId) : null;
  const primary = host ? [await dnsServerOf(host)] : [];
  const { nameServers } = await readSettings(services.db);
  const port = services.resolver.settings.authorityPort ?? DNS_PORT;
  const others = nameServers.flatMap(({ addresses }) => addresses.slice(0, 1)).map((address) => ({ address, port }));
  return [...primary, ...others.filter(({ address }) => !primary.some((one) => one.address === address))];
}

async function shows(services: Services, server: Server, name: string, value: string): Promise<boolean> {
  const told = await services.resolver.askAt(server, challengeName(name), "TXT", { fresh: true });
  if (told.state !== "told" || !told.answer.authoritative) return false;
  return told.answer.answers.some((record) => record.type === "TXT" && record.value.replace(/"/g, "") === value);
}
