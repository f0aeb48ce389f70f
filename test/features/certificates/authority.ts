/** An authority of the test's own, by openssl: a root, an intermediate, and whatever certificates they sign. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scope } from "../../support/database.js";

export interface Made {
  certificate: string;
  key: string;
}

export interface Wanted {
  names?: string[];
  /** As `openssl genpkey` takes it. */
  key?: string[];
  digest?: string;
  /** Lines of the extension section beside the names. */
  extensions?: string[];
  days?: number;
  /** Signed by the root and not by the intermediate. */
  byRoot?: boolean;
}

export interface Authority {
  root: string;
  intermediate: string;
  issue(wanted?: Wanted): Made;
  /** Runs openssl in the authority's folder. */
  openssl(words: string[], input?: string | Buffer): Buffer;
  folder: string;
}

const EC = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
export const RSA = (bits: number) => ["-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${bits}`];
const CA = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const AIA = "authorityInfoAccess=caIssuers;URI:http://ca.test/intermediate.der";

/** Makes an authority; its folder goes with the test. */
export function makeAuthority(t: Scope): Authority {
  const folder = mkdtempSync(join(tmpdir(), "mutu-authority-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (words: string[], input?: string | Buffer) =>
    execFileSync("openssl", words, { cwd: folder, input: input ?? "", stdio: ["pipe", "pipe", "pipe"], maxBuffer: 1e7 });
  const path = (name: string) => join(folder, name);
  const key = (name: string, words: string[]) => writeFileSync(path(`${name}.key`), openssl(["genpkey", ...words]));
  const extended = (lines: string[]) => writeFileSync(path("extensions"), `[v3]\n${lines.join("\n")}\n`);
  const sign = (name: string, subject: string, lines: string[], by: string, { days = 90, digest = "sha256" }) => {
    extended(lines);
    const request = openssl(["req", "-new", "-key", `${name}.key`, "-subj", subject]);
    writeFileSync(path(`${name}.csr`), request);
    const signer = by === name ? ["-key", `${name}.key`] : ["-CA", `${by}.crt`, "-CAkey", `${by}.key`];
    const words = ["x509", "-req", "-in", `${name}.csr`, "-days", String(days), `-${digest}`, "-extfile", "extensions", "-extensions", "v3", "-set_serial"];
    writeFileSync(path(`${name}.crt`), openssl([...words, String(1000 + count), ...signer]));
    return readFileSync(path(`${name}.crt`), "utf8");
  };
  let count = 0;
  key("root", EC);
  const root = sign("root", "/O=Test/CN=Root", CA, "root", { days: 3650 });
  key("intermediate", EC);
  const intermediate = sign("intermediate", "/O=Test/CN=Intermediate", CA, "root", { days: 1800 });
  return {
    root,
    intermediate,
    openssl,
    folder,
    issue({ names = ["asso.test", "www.asso.test"], key: words = EC, extensions = [AIA], byRoot, ...how } = {}) {
      count += 1;
      const name = `leaf-${count}`;
      key(name, words);
      const lines = ["basicConstraints=CA:FALSE", ...(names.length > 0 ? [`subjectAltName=${names.map((one) => `DNS:${one}`).join(",")}`] : []), ...extensions];
      const certificate = sign(name, `/CN=${names[0] ?? "asso.test"}`, lines, byRoot ? "root" : "intermediate", how);
      return { certificate, key: readFileSync(path(`${name}.key`), "utf8") };
    },
  };
}

/** A certificate in which neither its owner nor its signer has a name; `words`: what `openssl req` is told beside. */
export function issueStrange(t: Scope, words: string[] = []): Made {
  const folder = mkdtempSync(join(tmpdir(), "mutu-strange-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/", "-keyout", "key", "-out", "crt"];
  execFileSync("openssl", [...made, "-addext", "subjectAltName=critical,DNS:asso.test", ...words], { cwd: folder, stdio: "pipe" });
  return { certificate: readFileSync(join(folder, "crt"), "utf8"), key: readFileSync(join(folder, "key"), "utf8") };
}
