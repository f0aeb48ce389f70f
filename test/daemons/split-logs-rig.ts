/** What the tests of split-logs share: folders, lines, and who kills it. */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openMachine } from "../../src/core/machine/index.js";
import { DAEMON_USER } from "./private-machine.js";

const SPLITTER = fileURLToPath(new URL("../../machines/web/split-logs", import.meta.url));
export const KILLER = fileURLToPath(new URL("split-logs", import.meta.url));
const APPLY = fileURLToPath(new URL("../../machines/apply", import.meta.url));
export const [A, B] = [20_001, 20_002];

/** A machine's folders, without the machine: what Apache would have written is written here. */
export function makeFolders(t: TestContext, host = "web1", homes?: string) {
  const base = mkdtempSync("/tmp/mutu-split-");
  t.after(() => rmSync(base, { recursive: true, force: true }));
  chmodSync(base, 0o755);
  const at = (...names: string[]) => join(base, ...names);
  for (const name of ["homes", "accounts", "root", "root/run", "drivers", "drivers/apache"]) mkdirSync(at(name), { mode: 0o755 });
  writeFileSync(at("drivers/apache/driver"), "#!/bin/sh\n", { mode: 0o755 });
  for (const name of ["raw", "front"]) mkdirSync(at(name), { mode: 0o750 });
  execFileSync("chown", [`${DAEMON_USER}:${DAEMON_USER}`, at("raw"), at("front")]);
  const keys = {
    HOST: host,
    ROOT: at("root"),
    PRIVILEGED: "yes",
    DAEMONS: "apache",
    DRIVERS: at("drivers"),
    HOMES: homes ?? at("homes"),
    ACCOUNTS: at("accounts"),
  };
  const more = { APACHE_LOGS: at("raw"), NGINX_LOGS: at("front"), LOGS: at("notes") };
  writeFileSync(
    at("machine.conf"),
    Object.entries({ ...keys, ...more })
      .map(([key, value]) => `MUTU_${key}=${value}\n`)
      .join(""),
  );
  for (const account of [A, B]) {
    for (const folder of ["homes", "accounts"]) {
      mkdirSync(at(folder, String(account)), { mode: 0o700 });
      chownSync(at(folder, String(account)), account, account);
    }
  }
  const written = (folder: string) => (name: string, lines: string[]) => {
    appendFileSync(at(folder, name), lines.map((line) => `${line}\n`).join(""));
    execFileSync("chown", [DAEMON_USER, at(folder, name)]);
  };
  const [raw, front] = [written("raw"), written("front")];
  const split = (env: Record<string, string> = {}, perl: string[] = []) =>
    spawnSync("setsid", ["--wait", "perl", ...perl, SPLITTER, at("machine.conf")], {
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", ...env },
      encoding: "utf8",
    });
  const inHome = (account: number, kind: string) => {
    const folder = at("homes", String(account), "logs");
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`${kind}-`)) : [];
    return names.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean));
  };
  const recent = (account: number, kind: string) => {
    const file = at("accounts", String(account), "logs", `${kind}.log`);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  };
  const machine = openMachine({ kind: "direct", argv: [APPLY, "-c", at("machine.conf")] });
  return { base, at, raw, front, split, inHome, recent, machine };
}

export const line = (account: number | string, site: string, path: string) =>
  `${account} ${site} 192.0.2.1 - [28/Nov/2026:12:00:00 +0000] "GET ${path} HTTP/1.1" 200 5 "-" "-" 9`;
export const paths = (lines: string[]) => lines.map((one) => /"GET (\S+)/.exec(one)?.[1]);
export const upTo = (count: number) => Array.from({ length: count }, (_, n) => `/${n}`);
