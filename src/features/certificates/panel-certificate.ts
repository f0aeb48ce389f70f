/** The certificate that the panel itself shows now: what people compare when their browser warns of a new installation. */
import { readFile, stat } from "node:fs/promises";
import type { Env } from "../../core/env.js";
import { certificatesOf, factsOf } from "./facts.js";
import { isSelfSigned } from "./pem.js";
import { shownFingerprint } from "./shown.js";

export interface PanelCertificate {
  fingerprint: string;
  issuer: string;
  notAfter: Date;
  /** Made at install: browsers warn of it. */
  selfSigned: boolean;
}

let known: { file: string; changed: number; told: PanelCertificate } | null = null;

/** Reads it; null: a proxy in front of the panel shows its own, or the file cannot be read. */
export async function panelCertificate({ tls }: Pick<Env, "tls">): Promise<PanelCertificate | null> {
  if (!tls) return null;
  try {
    const { mtimeMs } = await stat(tls.certificate);
    if (known?.file === tls.certificate && known.changed === mtimeMs) return known.told;
    const text = await readFile(tls.certificate, "latin1");
    const [certificate] = certificatesOf(text);
    if (!certificate) return null;
    const { fingerprint, issuer, notAfter } = factsOf(text);
    known = {
      file: tls.certificate,
      changed: mtimeMs,
      told: { fingerprint: shownFingerprint(fingerprint), issuer, notAfter, selfSigned: isSelfSigned(certificate) },
    };
    return known.told;
  } catch {
    return null;
  }
}
