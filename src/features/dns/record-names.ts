/** Names of records: what a person types beside a zone becomes an absolute A-label once, and is trusted inside. Pure. */
import * as tr46 from "tr46";
import type { RecordName } from "./role.js";

export const MAX_NAME = 253; // RFC 1035 §2.3.4, as text without the last dot
const MAX_TYPED = 300;
// An underscore may stand where no host is named (RFC 8552); a host's own label has none (RFC 1123 §2.1).
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const HOST_LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const ASCII = /^[\u0021-\u007e]*$/;
const IDNA = { checkBidi: true, checkHyphens: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true } as const;

/** Tells whether a text is an absolute name as rows and daemons know it: A-labels, lower case, no last dot; `*` only as the whole first label. */
export function isRecordName(name: string): name is RecordName {
  if (name.length === 0 || name.length > MAX_NAME) return false;
  const labels = name.split(".");
  return labels.every((label, at) => LABEL.test(label) || (at === 0 && label === "*" && labels.length > 1));
}

/** Tells whether a name can be that of a machine: letters, digits and hyphens (RFC 1123 §2.1). */
export function isHostName(name: string): boolean {
  return isRecordName(name) && name.split(".").every((label) => HOST_LABEL.test(label));
}

/** Tells whether `name` is `zone` or lies below it. */
export function isInZone(name: RecordName, zone: RecordName): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Decodes the owner of a record as typed beside a zone: `@` or nothing, `www`, `www.example.org` or `www.example.org.`; null when it is none or lies outside. */
export function parseOwner(typed: string, zone: RecordName): RecordName | null {
  const text = typed.trim();
  if (text === "" || text === "@") return zone;
  const absolute = text.endsWith(".");
  const name = encode(absolute ? text.slice(0, -1) : text);
  if (name === null) return null;
  // Who types the whole name means it: nobody wants www.example.org.example.org.
  if (isInZone(name, zone)) return checked(name);
  return absolute ? null : checked(`${name}.${zone}`);
}

/** Decodes a name to which a record leads: one label stands below the zone, several are a whole name, `@` is the zone itself; null when it is none. */
export function parseTarget(typed: string, zone: RecordName): RecordName | null {
  const text = typed.trim();
  if (text === "@") return zone;
  const absolute = text.endsWith(".");
  const name = encode(absolute ? text.slice(0, -1) : text);
  if (name === null || name.startsWith("*")) return null;
  return checked(absolute || name.includes(".") ? name : `${name}.${zone}`);
}

/** Gives the name of a record as it stands in its zone: `@`, `www`, in letters that people read. */
export function shownOwner(name: RecordName, zone: RecordName): string {
  if (name === zone) return "@";
  return shownName(name.slice(0, -zone.length - 1));
}

/** Gives a name as people read it (U-labels); what does not decode stays as it is. */
export function shownName(name: RecordName): string {
  return name
    .split(".")
    .map((label) => (label.startsWith("xn--") ? decode(label) : label))
    .join(".");
}

/** The names above one name that still lie in the zone, nearest first, the zone last. */
export function namesAbove(name: RecordName, zone: RecordName): RecordName[] {
  if (name === zone) return [];
  const labels = name.split(".");
  return labels.map((_, at) => labels.slice(at + 1).join(".")).filter((one) => one !== "" && isInZone(one, zone));
}

function checked(name: string): RecordName | null {
  return isRecordName(name) ? name : null;
}

function encode(text: string): string | null {
  if (text === "" || text.length > MAX_TYPED) return null;
  if (ASCII.test(text)) return text.toLowerCase();
  const labels = text.normalize("NFC").split(".").map(encodeLabel);
  return labels.includes(null) ? null : labels.join(".");
}

function encodeLabel(label: string): string | null {
  if (ASCII.test(label)) return label.toLowerCase();
  // A separator or an invisible letter inside a label would make two of it, or hide: IDNA's mapping must not get the chance.
  if (/(?![\u200c\u200d])[\p{C}\p{Z}\u3002\uff0e\uff61]/u.test(label)) return null;
  return tr46.toASCII(label, IDNA) || null;
}

function decode(label: string): string {
  const { domain, error } = tr46.toUnicode(label, { useSTD3ASCIIRules: true });
  return error ? label : domain;
}
