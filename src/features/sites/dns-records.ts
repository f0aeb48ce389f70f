/** Records that follow from sites: every address leads to the machine that answers it. */
import type { Db } from "../../core/db.js";
import type { DerivedRecord, NamedDomain } from "../dns/index.js";
import { publicAddressesOf } from "../hosts/index.js";

/** Contributes A and AAAA records of all addresses of live sites, by the id of their domain. */
export async function siteRecords(db: Db, domains: readonly NamedDomain[]): Promise<Map<string, DerivedRecord[]>> {
  const addresses = await db.siteAddress.findMany({
    where: { domainId: { in: domains.map(({ id }) => id) }, site: { state: "live" } },
    orderBy: { name: "asc" },
    select: { name: true, domainId: true, site: { select: { title: true, account: { select: { webHostId: true } } } } },
  });
  const hosts = await publicAddressesOf(
    db,
    addresses.map(({ site }) => site.account.webHostId),
  );
  const records = new Map<string, DerivedRecord[]>();
  for (const { name, domainId, site } of addresses) {
    const { ipv4 = null, ipv6 = null } = hosts.get(site.account.webHostId) ?? {};
    const list = records.get(domainId) ?? [];
    records.set(domainId, list);
    const why = {
      ttl: null,
      reason: { key: "sites.dns.reason", data: { name: site.title } },
      needed: [{ key: "sites.dns.needed", data: { name: site.title } }],
    };
    if (ipv4) list.push({ name, data: { type: "A", address: ipv4 }, ...why });
    if (ipv6) list.push({ name, data: { type: "AAAA", address: ipv6 }, ...why });
  }
  return records;
}
