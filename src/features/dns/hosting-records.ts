/** Records that follow from the hosting itself: its name servers, and the zones of their own below a zone. Pure. */
import type { ContributedRecord } from "./contribution.js";
import { isInZone } from "./record-names.js";
import type { RecordName } from "./role.js";
import type { DnsSettings, NameServer } from "./settings.js";

/** Gives what every zone says of the hosting. `cuts`: zones of their own below this one. */
export function hostingRecords(zone: RecordName, cuts: readonly RecordName[], { nameServers }: DnsSettings): ContributedRecord[] {
  const apex = nameServers.map((server) => record("name_server", zone, { type: "NS", target: server.name }, { name: server.name }));
  const own = nameServers.filter(({ name }) => isInZone(name, zone) && !cuts.some((cut) => isInZone(name, cut)));
  const below = cuts.flatMap((cut) => delegation(cut, nameServers));
  return [...apex, ...own.flatMap(addresses), ...below];
}

/** A zone of its own below, with the addresses of name servers that lie in it (glue, RFC 1034 §4.2.1). */
function delegation(cut: RecordName, nameServers: readonly NameServer[]): ContributedRecord[] {
  const servers = nameServers.map(({ name }) => record("delegation", cut, { type: "NS", target: name }, { name: cut }));
  return [...servers, ...nameServers.filter(({ name }) => isInZone(name, cut)).flatMap(addresses)];
}

function addresses({ name, addresses: list }: NameServer): ContributedRecord[] {
  return list.map((address) => record("name_server_address", name, { type: address.includes(":") ? "AAAA" : "A", address }, { name }));
}

function record(why: string, name: RecordName, data: ContributedRecord["data"], facts: Record<string, string>): ContributedRecord {
  return { feature: "dns", name, ttl: null, data, reason: { key: `dns.derived.${why}`, data: facts } };
}
