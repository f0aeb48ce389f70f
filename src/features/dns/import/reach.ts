/** Which servers the panel may ask for a zone: it must not become a way to look into the hosting's own networks (SSRF). Pure. */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { isPublicAddress, plainAddress } from "../addresses.js";

/** The one part of IPv6 that is routed (RFC 4291 §2.4), without what hides an IPv4 address in it: Teredo (RFC 4380), 6to4 (RFC 3056). */
const ROUTED = new BlockList();
ROUTED.addSubnet("2000::", 3, "ipv6");
const TUNNELS = new BlockList();
TUNNELS.addSubnet("2001::", 32, "ipv6");
TUNNELS.addSubnet("2002::", 16, "ipv6");
/** Beside isPublicAddress: benchmarks (RFC 2544), protocol assignments (RFC 6890). */
const SPECIAL = new BlockList();
SPECIAL.addSubnet("198.18.0.0", 15, "ipv4");
SPECIAL.addSubnet("192.0.0.0", 24, "ipv4");

export interface ReachRules {
  /** Addresses of the panel's machine and of all hosts. */
  own: readonly string[];
  /** Networks that administrators allow all the same: `192.0.2.0/24`, `2001:db8::/32`. */
  allowed: readonly string[];
}

/** Tells whether the panel may ask this address. */
export function mayReach(address: string, { own, allowed }: ReachRules): boolean {
  const plain = plainAddress(address);
  if (plain === null) return false;
  const family = isIPv4(plain) ? "ipv4" : "ipv6";
  if (networksOf(allowed).check(plain, family)) return true;
  if (own.some((one) => plainAddress(one) === plain)) return false;
  if (family === "ipv4") return isPublicAddress(plain) && !SPECIAL.check(plain, "ipv4");
  return ROUTED.check(plain, "ipv6") && !TUNNELS.check(plain, "ipv6") && isPublicAddress(plain);
}

/** Reads a network as administrators write it, an address alone being one; null when it is none. */
export function parseNetwork(typed: string): string | null {
  const [address = "", bits, ...more] = typed.trim().toLowerCase().split("/");
  const plain = plainAddress(address);
  if (plain === null || more.length > 0) return null;
  const max = isIPv6(plain) ? 128 : 32;
  if (bits === undefined) return `${plain}/${max}`;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= max ? `${plain}/${Number(bits)}` : null;
}

function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits = ""] = network.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
