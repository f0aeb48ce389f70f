/** Addresses of a host as everybody reaches it: where the names of its sites lead. */
import { isIPv4, isIPv6 } from "node:net";
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { type FieldError, invalidFields } from "../../core/errors.js";
import type { Host } from "../../generated/sqlite/client.js";
import { getHost } from "./hosts.js";
import type { AddressesInput } from "./schemas.js";

export interface PublicAddresses {
  ipv4: string | null;
  ipv6: string | null;
}

/** Gives the addresses that were set, or the one by which the panel reaches the host, when that is an address. */
export function publicAddresses({ publicIpv4, publicIpv6, address }: Pick<Host, "publicIpv4" | "publicIpv6" | "address">): PublicAddresses {
  return { ipv4: publicIpv4 ?? (isIPv4(address) ? address : null), ipv6: publicIpv6 ?? plain(address) };
}

/** The same for several hosts, by their id. */
export async function publicAddressesOf(db: Db, hostIds: readonly string[]): Promise<Map<string, PublicAddresses>> {
  const hosts = await db.host.findMany({ where: { id: { in: [...new Set(hostIds)] } } });
  return new Map(hosts.map((host) => [host.id, publicAddresses(host)]));
}

/** Sets the addresses of a host; an empty one is not known, or follows from where the panel reaches it. */
export async function setAddresses(ctx: Context, key: string, input: AddressesInput): Promise<Host> {
  const faults: FieldError[] = [];
  const publicIpv4 = input.publicIpv4.trim() || null;
  const publicIpv6 = input.publicIpv6.trim() || null;
  if (publicIpv4 !== null && !isIPv4(publicIpv4)) faults.push({ field: "publicIpv4", code: "hosts.ipv4_invalid" });
  if (publicIpv6 !== null && plain(publicIpv6) === null) faults.push({ field: "publicIpv6", code: "hosts.ipv6_invalid" });
  if (faults.length > 0) throw invalidFields(faults);
  return ctx.transaction(async (tx) => {
    const old = await getHost(tx, key);
    const host = await tx.db.host.update({ where: { id: old.id }, data: { publicIpv4, publicIpv6: publicIpv6 && plain(publicIpv6) } });
    const told = ({ publicIpv4: ipv4, publicIpv6: ipv6 }: Host) => ({ ipv4, ipv6 });
    tx.audit({ verb: "hosts.addresses.changed", accountId: null, object: { type: "host", id: host.id, name: host.name }, old: told(old), new: told(host) });
    await tx.emit("hosts.moved", { hostId: host.id });
    return host;
  });
}

/** RFC 5952: one form of an IPv6 address. */
function plain(address: string): string | null {
  if (!isIPv6(address) || address.includes("%")) return null;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
