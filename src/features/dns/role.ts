/**
 * State that the dns feature hands to daemons: role `dns`, one unit per zone (key = the zone's name) and one, `base`, for what all zones share.
 * Types only: daemons may import this file.
 */

/** Absolute name in A-label form, lower case, without the trailing dot: `www.example.org`, `_dmarc.example.org`, `*.example.org`. */
export type RecordName = string;

/** Role `dns`, unit key = zone name, or `base`. */
export type DnsState = ZoneState | DnsBaseState;

export interface ZoneState {
  kind: "zone";
  zone: RecordName;
  /** Primary name server and mailbox of the SOA (RFC 1035 §3.3.13); the mailbox is a name already (`hostmaster.example.org`). */
  primary: RecordName;
  mailbox: RecordName;
  /**
   * Least serial that may be served (RFC 1982): written into the SOA. A daemon that counts by itself takes it where it knows no greater one, so a zone
   * that came from another server, or from a backup, never goes back.
   */
  serialFloor: number;
  /** Seconds: default TTL of the zone, and the SOA's negative TTL (RFC 2308). */
  defaultTtl: number;
  negativeTtl: number;
  /** false: the zone is served without signatures. */
  signed: boolean;
  /** Tags of the key-signing keys that a signed zone should no longer have: a daemon that has no other begins to change them. */
  leavingKeys?: number[];
  /** Every record but the SOA, those of the apex first, in canonical order (RFC 4034 §6.1), without doubles. */
  records: ZoneRecord[];
}

/** One record. The data are typed, so that no text of a member is ever taken for syntax. */
export interface ZoneRecord {
  name: RecordName;
  /** Seconds; null: the zone's default. */
  ttl: number | null;
  data: RecordData;
}

export type RecordData =
  | { type: "A" | "AAAA"; address: string }
  | { type: "CNAME" | "NS" | "PTR"; target: RecordName }
  /** Target "" is the null MX of RFC 7505 and the "no such service" of RFC 2782. */
  | { type: "MX"; priority: number; target: RecordName }
  /** Character strings as bytes in hexadecimal, each at most 255 bytes (RFC 1035 §3.3.14). */
  | { type: "TXT"; strings: string[] }
  | { type: "SRV"; priority: number; weight: number; port: number; target: RecordName }
  /** The value's bytes in hexadecimal, as all that follow: certificate, fingerprint, digest. */
  | { type: "CAA"; flags: number; tag: string; value: string }
  | { type: "TLSA"; usage: number; selector: number; matching: number; certificate: string }
  | { type: "SSHFP"; algorithm: number; digest: number; fingerprint: string }
  | { type: "DS"; tag: number; algorithm: number; digestType: number; digest: string }
  /** RFC 9460; the value of a key is already in presentation form, null for a key without one. */
  | { type: "SVCB" | "HTTPS"; priority: number; target: RecordName; params: { key: string; value: string | null }[] };

export type RecordType = RecordData["type"];

/** What every zone of a host shares. */
export interface DnsBaseState {
  kind: "base";
  /** Name of the catalog zone (RFC 9432) by which secondaries follow. */
  catalog: RecordName;
  /** Who may transfer zones and is told of changes, sorted by name. */
  secondaries: Secondary[];
}

export interface Secondary {
  name: string;
  /** IP address and port where it is told of changes (NOTIFY). */
  address: string;
  port: number;
  /** Key of its transfers (RFC 8945); the secret in base64. */
  tsig: { name: RecordName; algorithm: "hmac-sha256" | "hmac-sha512"; secret: string };
}

/** Name, below the zone, of the TXT record by which the panel asks whether this very version of the zone is served. */
export const PROBE_LABEL = "_mutu-probe";
