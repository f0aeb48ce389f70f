/** When an authority would like a certificate to be renewed (RFC 9773). */
import { X509Certificate } from "node:crypto";
import type { Transport } from "./transport.js";

/** id-ce-authorityKeyIdentifier 2.5.29.35, as DER (RFC 5280 §4.2.1.1). */
const AUTHORITY_KEY_ID = Buffer.from("0603551d23", "hex");
const OCTETS = 0x04;
const SEQUENCE = 0x30;
const KEY_ID = 0x80;

/** Identifier of a certificate for renewals (RFC 9773 §4.1); null: it names no key of its authority. */
export function renewalId(chain: string): string | null {
  const certificate = new X509Certificate(chain);
  const keyId = authorityKeyId(certificate.raw);
  if (!keyId) return null;
  const hex = certificate.serialNumber.length % 2 === 0 ? certificate.serialNumber : `0${certificate.serialNumber}`;
  // A DER integer whose first bit is set would be negative.
  const serial = Buffer.from(Number.parseInt(hex.slice(0, 2), 16) >= 0x80 ? `00${hex}` : hex, "hex");
  return `${keyId.toString("base64url")}.${serial.toString("base64url")}`;
}

/** Asks for the window; null: the authority does not say. Never throws: what it would like is no condition. */
export async function suggestedWindow(transport: Transport, renewalInfo: string, id: string): Promise<{ start: Date; end: Date } | null> {
  try {
    const { body } = await transport({ url: `${renewalInfo.replace(/\/$/, "")}/${id}`, method: "GET" });
    const { suggestedWindow: window } = JSON.parse(body) as { suggestedWindow?: { start?: unknown; end?: unknown } };
    const [start, end] = [new Date(String(window?.start)), new Date(String(window?.end))];
    return start.getTime() < end.getTime() ? { start, end } : null;
  } catch {
    return null;
  }
}

function authorityKeyId(der: Buffer): Buffer | null {
  const at = der.indexOf(AUTHORITY_KEY_ID);
  if (at < 0) return null;
  const wrapped = element(der, at + AUTHORITY_KEY_ID.length);
  const sequence = wrapped?.tag === OCTETS ? element(wrapped.content, 0) : null;
  const keyId = sequence?.tag === SEQUENCE ? element(sequence.content, 0) : null;
  return keyId?.tag === KEY_ID ? keyId.content : null;
}

/** One element of DER whose length fits one byte or two (X.690 §8.1.3). */
function element(der: Buffer, at: number): { tag: number; content: Buffer } | null {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined) return null;
  const long = first === 0x81;
  const length = long ? der[at + 2] : first;
  if (length === undefined || (!long && first >= 0x80)) return null;
  const start = at + (long ? 3 : 2);
  return start + length <= der.length ? { tag, content: der.subarray(start, start + length) } : null;
}
