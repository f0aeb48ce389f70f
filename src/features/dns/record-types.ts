/** The types of records and what a form asks for each. Pure. */
import type { RecordType } from "./role.js";

/** Types in the order in which people look for them. */
export const RECORD_TYPES = [
  "A",
  "AAAA",
  "CNAME",
  "MX",
  "TXT",
  "SRV",
  "CAA",
  "NS",
  "DS",
  "TLSA",
  "SSHFP",
  "HTTPS",
  "SVCB",
  "PTR",
] as const satisfies readonly RecordType[];

/** Fields of the form of each type, in the order of the presentation form. */
export const RECORD_FIELDS = {
  A: ["address"],
  AAAA: ["address"],
  CNAME: ["target"],
  MX: ["priority", "target"],
  TXT: ["text"],
  SRV: ["priority", "weight", "port", "target"],
  CAA: ["flags", "tag", "value"],
  NS: ["target"],
  DS: ["tag", "algorithm", "digestType", "digest"],
  TLSA: ["usage", "selector", "matching", "certificate"],
  SSHFP: ["algorithm", "digest", "fingerprint"],
  HTTPS: ["priority", "target", "params"],
  SVCB: ["priority", "target", "params"],
  PTR: ["target"],
} as const satisfies Record<RecordType, readonly string[]>;

export type RecordField = (typeof RECORD_FIELDS)[RecordType][number];

/** What was typed into the fields of a form. */
export type TypedFields = Partial<Record<RecordField, string>>;

/** Whole numbers that a field takes: a range, or the values that a registry knows. */
export type NumberRule = { min: number; max: number } | { of: readonly number[] };

const BYTE = 255;
const WORD = 65_535;
const anyWord: NumberRule = { min: 0, max: WORD };

/** Numbers of each type (RFC 1035, 2782, 8659, 6698, 4255 and IANA's registries of DNSSEC, RFC 9460). */
export const NUMBER_RULES: Partial<Record<RecordType, Readonly<Record<string, NumberRule>>>> = {
  MX: { priority: anyWord },
  SRV: { priority: anyWord, weight: anyWord, port: anyWord },
  CAA: { flags: { min: 0, max: BYTE } },
  DS: { tag: anyWord, algorithm: { of: [5, 7, 8, 10, 12, 13, 14, 15, 16] }, digestType: { of: [1, 2, 3, 4] } },
  TLSA: { usage: { of: [0, 1, 2, 3] }, selector: { of: [0, 1] }, matching: { of: [0, 1, 2] } },
  SSHFP: { algorithm: { of: [1, 2, 3, 4, 6] }, digest: { of: [1, 2] } },
  HTTPS: { priority: anyWord },
  SVCB: { priority: anyWord },
};

/** Bytes of a digest by the number that names its kind; a kind that is not here takes any length. */
export const DIGEST_BYTES: Partial<Record<RecordType, Readonly<Record<number, number>>>> = {
  DS: { 1: 20, 2: 32, 3: 32, 4: 48 },
  TLSA: { 1: 32, 2: 64 },
  SSHFP: { 1: 20, 2: 32 },
};

/** Tells whether a word is a type that the panel knows. */
export function isRecordType(word: string): word is RecordType {
  return (RECORD_TYPES as readonly string[]).includes(word);
}

/** Shortest and longest TTL in seconds: below, resolvers ask for nothing else any more; above, a mistake stays for weeks (RFC 1912 §2.2). */
export const TTL_SECONDS = { min: 30, max: 2_592_000 } as const;

/** Tells whether a number keeps to its rule. */
export function keeps(rule: NumberRule, value: number): boolean {
  if (!Number.isInteger(value)) return false;
  return "of" in rule ? rule.of.includes(value) : value >= rule.min && value <= rule.max;
}
