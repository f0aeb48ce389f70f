/** One TLS connection as a browser makes it: what a server shows for a name, and what a browser would think of it. */

import { X509Certificate } from "node:crypto";
import { connect, type PeerCertificate } from "node:tls";
import { type CertificateFacts, certificateFacts } from "./facts.js";
import { covers } from "./names.js";
import { isSelfSigned } from "./pem.js";

export interface Target {
  address: string;
  port: number;
  /** Asked for by SNI. */
  name: string;
}

export type Verdict = "good" | "closed" | "silent" | "broken" | "self_signed" | "other_name" | "expired" | "not_yet_valid" | "incomplete" | "unknown_authority";

export interface Handshake {
  verdict: Verdict;
  /** null: there was none to see. */
  facts: CertificateFacts | null;
}

const TIMEOUT_MS = 5000;
const REFUSED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
const WITHOUT_ISSUER = new Set(["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"]);

/** Connects, looks, and goes; never throws. `authorities`: those to trust instead of the public ones (PEM). */
export function shakeHands(target: Target, options: { now: Date; authorities?: string[]; timeoutMs?: number }): Promise<Handshake> {
  const { address, port, name } = target;
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      servername: name,
      // Whatever is shown is looked at; nothing is sent.
      rejectUnauthorized: false,
      ...(options.authorities ? { ca: options.authorities } : {}),
    });
    const end = (handshake: Handshake) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(handshake);
    };
    const timer = setTimeout(() => end({ verdict: "silent", facts: null }), options.timeoutMs ?? TIMEOUT_MS);
    socket.once("error", (error: NodeJS.ErrnoException) => end({ verdict: faultOf(error), facts: null }));
    socket.once("close", () => end({ verdict: "broken", facts: null }));
    socket.once("secureConnect", () => {
      const { raw } = socket.getPeerCertificate() as Partial<PeerCertificate>;
      if (!raw) return end({ verdict: "broken", facts: null });
      end(judged(raw, name, String(socket.authorizationError ?? ""), options.now));
    });
  });
}

/** A stranger wrote it: what it may hold that nobody thought of must not leave the listener of a socket, for that would end the panel. */
function judged(raw: Buffer, name: string, trouble: string, now: Date): Handshake {
  try {
    return judge(new X509Certificate(raw), name, trouble, now);
  } catch {
    return { verdict: "broken", facts: null };
  }
}

function judge(certificate: X509Certificate, name: string, trouble: string, now: Date): Handshake {
  const facts = certificateFacts(certificate);
  // Dates that are none (a month 99) can be told to nobody.
  if (Number.isNaN(facts.notBefore.getTime()) || Number.isNaN(facts.notAfter.getTime())) return { verdict: "broken", facts: null };
  const verdict = (): Verdict => {
    if (isSelfSigned(certificate)) return "self_signed";
    if (!covers(facts.names, name)) return "other_name";
    if (facts.notAfter <= now) return "expired";
    if (facts.notBefore > now) return "not_yet_valid";
    if (trouble === "" || trouble.includes("ALTNAME")) return "good";
    // Who says where its signer's certificate lies has one that browsers know, and a server that should have sent it along.
    if (WITHOUT_ISSUER.has(trouble) && certificate.infoAccess?.includes("CA Issuers")) return "incomplete";
    return "unknown_authority";
  };
  return { verdict: verdict(), facts };
}

function faultOf({ code }: NodeJS.ErrnoException): Verdict {
  if (code !== undefined && REFUSED.has(code)) return "closed";
  return code === "ETIMEDOUT" ? "silent" : "broken";
}
