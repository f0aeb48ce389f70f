/** By which algorithm a certificate is signed (RFC 5280 §4.1.1.2): Node tells everything of a certificate but this. Pure. */

const WEAK: Record<string, string> = {
  "2a864886f70d010102": "MD2",
  "2a864886f70d010104": "MD5",
  "2a864886f70d010105": "SHA-1",
  "2a8648ce380403": "SHA-1",
  "2a8648ce3d0401": "SHA-1",
};

/** Tells whether browsers refuse the signature of a certificate, given in DER. */
export function signatureOf(der: Buffer): { name: string; weak: boolean } {
  const outer = element(der, 0);
  const body = outer && element(der, outer.start);
  const algorithm = body && element(der, body.end);
  const oid = algorithm && element(der, algorithm.start);
  const name = oid && WEAK[der.subarray(oid.start, oid.end).toString("hex")];
  return { name: name ?? "", weak: name !== undefined && name !== null };
}

/** Where the content of one DER element starts and ends; null when it does not fit. */
function element(der: Buffer, at: number): { start: number; end: number } | null {
  const first = der[at + 1];
  if (first === undefined) return null;
  const long = first & 0x80 ? first & 0x7f : 0;
  if (long > 4 || at + 2 + long > der.length) return null;
  const length = long ? der.readUIntBE(at + 2, long) : first;
  const start = at + 2 + long;
  return start + length <= der.length ? { start, end: start + length } : null;
}
