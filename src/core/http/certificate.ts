/** A certificate of our own making, so that the panel speaks HTTPS from its first minute. Browsers warn of it until a real one is in its place. */
import { createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const VALID_DAYS = 3650;
const DAY_MILLISECONDS = 86_400_000;

const OID = {
  commonName: "550403",
  ecdsaWithSha256: "2a8648ce3d040302",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
};

/** Makes a P-256 key and a certificate that it signs for these names and addresses (RFC 5280); both PEM. */
export function selfSigned(names: readonly string[], addresses: readonly string[], now: Date): { certificate: string; key: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const algorithm = der(0x30, oid(OID.ecdsaWithSha256));
  const name = der(0x30, der(0x31, der(0x30, oid(OID.commonName), der(0x0c, Buffer.from(names[0] ?? "localhost")))));
  const validity = der(
    0x30,
    generalizedTime(new Date(now.getTime() - DAY_MILLISECONDS)),
    generalizedTime(new Date(now.getTime() + VALID_DAYS * DAY_MILLISECONDS)),
  );
  // [2] dNSName, [7] iPAddress: RFC 5280 §4.2.1.6
  const alternatives = der(0x30, ...names.map((item) => der(0x82, Buffer.from(item))), ...addresses.map((item) => der(0x87, ipv4(item))));
  const extensions = der(
    0xa3,
    der(
      0x30,
      der(0x30, oid(OID.subjectAltName), der(0x04, alternatives)),
      der(0x30, oid(OID.basicConstraints), der(0x01, Buffer.from([0xff])), der(0x04, der(0x30))),
    ),
  );
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and never shortened
  const body = der(0x30, der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, serial), algorithm, name, validity, name, publicKey, extensions);
  const signature = sign("sha256", body, privateKey);
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  return { certificate: pem("CERTIFICATE", certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on: RFC 5280 §4.1.2.5. */
function generalizedTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(`${digits.slice(2)}Z`)) : der(0x18, Buffer.from(`${digits}Z`));
}

function ipv4(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
