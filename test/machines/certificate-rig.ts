/** Certificates as a test needs them, each file whole: the chain, then the key. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned } from "../../src/core/http/certificate.js";

const LONG_AGO = new Date("2001-01-01T00:00:00Z");

/** A certificate of P-256 that signs itself, valid now. */
export function pemFor(...names: string[]): string {
  const { certificate, key } = selfSigned(names, [], new Date());
  return certificate + key;
}

export const EXPIRED = (name: string): string => {
  const { certificate, key } = selfSigned([name], [], LONG_AGO);
  return certificate + key;
};

/** One that `openssl req` makes: any key, any extension. */
export function opensslPem(name: string, options: { newkey: string[]; san?: boolean }): string {
  const folder = mkdtempSync(join(tmpdir(), "mutu-pem-"));
  try {
    const [key, chain] = [join(folder, "key"), join(folder, "chain")];
    const extra = options.san === false ? [] : ["-addext", `subjectAltName=DNS:${name}`];
    const argv = ["req", "-x509", "-nodes", "-days", "30", "-subj", `/CN=${name}`, ...options.newkey, ...extra, "-keyout", key, "-out", chain];
    const made = spawnSync("openssl", argv, { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    return readFileSync(chain, "utf8") + readFileSync(key, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
