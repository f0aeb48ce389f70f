/** Networks from which a login may come, as people type them: addresses and CIDR, both families, each in one writing. */
import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

export const MAX_NETWORKS = 20;
const SEPARATORS = /[\s,;]+/;

/** Reads a list of networks: sorted, each once; `wrong` is the first word that is none. */
export function parseNetworks(typed: string): { networks: string[] } | { wrong: string } {
  const found = new Set<string>();
  for (const word of typed.split(SEPARATORS).filter((one) => one !== "")) {
    const network = parseNetwork(word);
    if (network === null) return { wrong: word.slice(0, 80) };
    found.add(network);
  }
  return { networks: [...found].sort() };
}

/** Reads one address or network; host bits are cleared, so that one network has one writing. null: it is neither. */
export function parseNetwork(word: string): string | null {
  const [address = "", length, ...rest] = word.split("/");
  if (rest.length > 0 || (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length))) return null;
  // Strict first: ipaddr.js reads 010.0.0.1 as octal and takes zones, which no packet carries.
  if (!isIPv4(address) && (!isIPv6(address) || address.includes("%"))) return null;
  // The one such writing that people meet; ipaddr.js takes ::192.0.2.1, a form given up, for it.
  if (address.includes(":") && address.includes(".") && !/^::ffff:[0-9.]+$/i.test(address)) return null;
  const parsed = ipaddr.parse(address);
  const given = length === undefined ? widthOf(parsed) : Number(length);
  if (given > widthOf(parsed)) return null;
  // ::ffff:192.0.2.1 is how an IPv4 client looks on a socket of both families.
  const mapped = parsed.kind() === "ipv6" && (parsed as ipaddr.IPv6).isIPv4MappedAddress() && given >= 96;
  const [base, bits] = mapped ? [(parsed as ipaddr.IPv6).toIPv4Address(), given - 96] : [parsed, given];
  const family = base.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${base.toNormalizedString()}/${bits}`).toString()}/${bits}`;
}

function widthOf(address: ipaddr.IPv4 | ipaddr.IPv6): number {
  return address.kind() === "ipv4" ? 32 : 128;
}
