/** What a certificate says of itself. Pure. */
import { X509Certificate } from "node:crypto";

export interface CertificateFacts {
  /** DNS names, lower case, without doubles, in order. */
  names: string[];
  /** SHA-256 of the certificate, lower case hexadecimal. */
  fingerprint: string;
  /** Who signed it, as people know it: its organisation and name. */
  issuer: string;
  /** Hexadecimal, lower case. */
  serial: string;
  notBefore: Date;
  notAfter: Date;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const MAX_ISSUER = 200;

/** Cuts a chain into its certificates, in their order. */
export function certificatesOf(chain: string): X509Certificate[] {
  return (chain.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
}

/** Reads the facts of a chain's first certificate; throws when there is none. */
export function factsOf(chain: string): CertificateFacts {
  const [certificate] = certificatesOf(chain);
  if (!certificate) throw new Error("no certificate in the chain");
  return certificateFacts(certificate);
}

/** Gives the facts of one certificate. */
export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  return {
    names: dnsNames(certificate.subjectAltName ?? ""),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    // Node gives no text for a name without any part.
    issuer: issuerOf(certificate.issuer as string | undefined),
    serial: certificate.serialNumber.toLowerCase(),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
  };
}

/** Names of RFC 5280 §4.2.1.6 as Node writes them: `DNS:a.org, DNS:b.org`; what it had to quote is no host name. */
function dnsNames(alternatives: string): string[] {
  const names = alternatives.split(", ").flatMap((word) => (/^DNS:[\w.*-]+$/.test(word) ? [word.slice(4).toLowerCase()] : []));
  return [...new Set(names)];
}

/** Strangers write these names: one line, no invisible letters. */
function issuerOf(lines: string | undefined = ""): string {
  const of = (key: string) =>
    lines
      .split("\n")
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  const words = [...new Set([of("O"), of("CN")].filter(Boolean))].join(" ") || lines;
  return words.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").slice(0, MAX_ISSUER);
}
