/** IP addresses in the one form in which they are kept and compared. Pure. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, "ipv6");

/** Gives an IPv6 address in its one short form (RFC 5952); null when it is none. */
export function plainIpv6(address: string): string | null {
  if (!isIPv6(address) || address.includes("%")) return null;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** Gives an address of either family in its one form; null when it is none. */
export function plainAddress(address: string): string | null {
  return isIPv4(address) ? address : plainIpv6(address);
}

/** Tells whether an address can be reached from everywhere (IANA's registries of special-purpose addresses; those for examples count as public). */
export function isPublicAddress(address: string): boolean {
  return !NOT_PUBLIC.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}
