/** Record types by name and number (IANA "Domain Name System (DNS) Parameters"), and what an import does with each. */
import type { RecordType } from "../role.js";

/** Those that a zone of ours can hold. */
export const HELD: Readonly<Record<RecordType, number>> = {
  ...{ A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, DS: 43, SSHFP: 44, TLSA: 52, SVCB: 64, HTTPS: 65, CAA: 257 },
};

/** Written by the signer of the old server: worthless beside our own keys, and harmful where they would be served (RFC 4034, 5155, 7344, 8976). */
const SIGNING: Readonly<Record<string, number>> = {
  ...{ SIG: 24, KEY: 25, NXT: 30, RRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC3: 50, NSEC3PARAM: 51, CDS: 59, CDNSKEY: 60, ZONEMD: 63, DLV: 32769, TYPE65534: 65534 },
};

/** Known to exist, kept aside: known so that a mistyped type is told from one that we do not hold. */
const OTHERS: Readonly<Record<string, number>> = {
  ...{
    MD: 3,
    MF: 4,
    MB: 7,
    MG: 8,
    MR: 9,
    NULL: 10,
    WKS: 11,
    HINFO: 13,
    MINFO: 14,
    RP: 17,
    AFSDB: 18,
    X25: 19,
    ISDN: 20,
    RT: 21,
    NSAP: 22,
    PX: 26,
    GPOS: 27,
    LOC: 29,
  },
  ...{
    EID: 31,
    NIMLOC: 32,
    NAPTR: 35,
    KX: 36,
    CERT: 37,
    A6: 38,
    DNAME: 39,
    SINK: 40,
    APL: 42,
    IPSECKEY: 45,
    DHCID: 49,
    SMIMEA: 53,
    HIP: 55,
    NINFO: 56,
    RKEY: 57,
  },
  ...{
    TALINK: 58,
    OPENPGPKEY: 61,
    CSYNC: 62,
    NID: 104,
    L32: 105,
    L64: 106,
    LP: 107,
    EUI48: 108,
    EUI64: 109,
    URI: 256,
    AVC: 258,
    DOA: 259,
    AMTRELAY: 260,
    RESINFO: 261,
    WALLET: 262,
  },
};

/** No types of the protocol, but written by some providers. */
const INVENTED = new Set(["ALIAS", "ANAME", "URL", "REDIRECT", "FORWARD"]);

const SOA = 6;
const SPF = 99; // RFC 7208 §3.1: given up, its text belongs in a TXT record

export type Kind = { kind: "held"; type: RecordType } | { kind: "soa" | "spf" | "signing" | "aside"; type: string };

const BY_NAME = new Map<string, Kind>([
  ...Object.keys(HELD).map((type): [string, Kind] => [type, { kind: "held", type: type as RecordType }]),
  ...Object.keys(SIGNING).map((type): [string, Kind] => [type, { kind: "signing", type }]),
  ...[...Object.keys(OTHERS), ...INVENTED].map((type): [string, Kind] => [type, { kind: "aside", type }]),
  ["SOA", { kind: "soa", type: "SOA" }],
  ["SPF", { kind: "spf", type: "SPF" }],
]);

const BY_NUMBER = new Map<number, string>([
  ...[...Object.entries(HELD), ...Object.entries(SIGNING), ...Object.entries(OTHERS)].map(([type, number]): [number, string] => [number, type]),
  [SOA, "SOA"],
  [SPF, "SPF"],
]);

/** Finds what a word says as a type: by its name, or `TYPE123` (RFC 3597 §5); null when it is none. */
export function kindOf(word: string): Kind | null {
  const name = word.toUpperCase();
  const number = /^TYPE(\d{1,5})$/.exec(name)?.[1];
  if (number === undefined) return BY_NAME.get(name) ?? null;
  return Number(number) > 0xffff ? null : kindOfNumber(Number(number));
}

/** Gives the kind of a type's number, as answers carry it. */
export function kindOfNumber(number: number): Kind {
  return BY_NAME.get(BY_NUMBER.get(number) ?? "") ?? { kind: "aside", type: `TYPE${number}` };
}
