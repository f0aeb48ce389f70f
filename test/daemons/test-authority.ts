/** A certificate authority of the test's own: a root, and certificates as a public authority issues them (90 days, a list of revoked ones named). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

export interface Authority {
  /** PEM file of the root. */
  root: string;
  issue(name: string): { chain: string; key: string };
}

export function makeAuthority(t: Pick<TestContext, "after">): Authority {
  const folder = mkdtempSync(join(tmpdir(), "mutu-ca-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const openssl = (...argv: string[]): void => {
    const done = spawnSync("openssl", argv, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr);
  };
  const ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  openssl("req", "-x509", "-nodes", ...CURVE, "-days", "3650", "-subj", "/CN=Mutu test root", ...ca, "-keyout", at("ca.key"), "-out", at("ca.pem"));
  return {
    root: at("ca.pem"),
    issue(name) {
      const extensions = [
        `subjectAltName=DNS:${name}`,
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=serverAuth",
        "crlDistributionPoints=URI:http://crl.example.org/root.crl",
        "subjectKeyIdentifier=hash",
        "authorityKeyIdentifier=keyid",
      ];
      writeFileSync(at("ext"), extensions.join("\n"));
      openssl("req", "-new", "-nodes", ...CURVE, "-subj", `/CN=${name}`, "-keyout", at("leaf.key"), "-out", at("leaf.csr"));
      openssl(
        "x509",
        "-req",
        "-in",
        at("leaf.csr"),
        "-CA",
        at("ca.pem"),
        "-CAkey",
        at("ca.key"),
        "-CAcreateserial",
        "-days",
        "89",
        "-extfile",
        at("ext"),
        "-out",
        at("leaf.pem"),
      );
      return { chain: readFileSync(at("leaf.pem"), "utf8"), key: readFileSync(at("leaf.key"), "utf8") };
    },
  };
}
