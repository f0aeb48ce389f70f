/** A template of ours made wrong on purpose, for every daemon whose files come from one; Apache's and PHP-FPM's stand in test/bench/poison.test.ts. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { daemon as nginx } from "../../src/daemons/nginx/daemon.js";
import { daemon as proftpd } from "../../src/daemons/proftpd/daemon.js";
import { probers as dnsProbers } from "../../src/features/dns/probers.js";
import type { DnsState } from "../../src/features/dns/role.js";
import { ftpProber } from "../../src/features/ftp/prober.js";
import type { FtpState } from "../../src/features/ftp/role.js";
import type { WebState } from "../../src/features/sites/role.js";
import type { Daemon, Prober } from "../../src/publish/contract.js";
import type { Scope } from "../support/database.js";
import { freePort } from "../support/free-port.js";
import { baseOf, NameServer, zoneOf } from "./dns-rig.js";
import { Front } from "./nginx-rig.js";
import { NEEDS_ROOT, PrivateMachine } from "./private-machine.js";
import { FtpMachine, HASH } from "./proftpd-rig.js";
import { assertNobodyBlamed, proberOf } from "./wrong-template.js";

const TIMEOUT_MS = 180_000;
const CONTROL = "127.0.0.3";

/** A server that says its own name. */
async function says(t: Scope, word: string): Promise<string> {
  const server = createServer((_request, response) => response.end(word));
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("nginx: an unknown word, and an address that cannot be listened on, in every account's file", { timeout: TIMEOUT_MS }, async (t) => {
  const targets: Record<string, string> = { v1: await says(t, "v1"), v2: await says(t, "v2") };
  const front = new Front();
  [front.http, front.https] = [await freePort(), await freePort()];
  const ports = { MUTU_NGINX_HTTP: String(front.http), MUTU_NGINX_HTTPS: String(front.https), MUTU_NGINX_ADDRESSES: "127.0.0.1 ::1" };
  front.machine = new PrivateMachine({ ...ports, MUTU_PROBE_ADDRESS: CONTROL });
  t.after(() => front.machine.close());
  // Apache's driver tells nginx where it listens; here nobody does.
  const pointer = join(front.machine.base, "daemons/pointer");
  mkdirSync(pointer);
  const upstreams = "upstream mutu_http { server 127.0.0.1:1; }\nupstream mutu_https { server 127.0.0.1:1; }";
  writeFileSync(join(pointer, "driver"), `#!/bin/sh\n[ "$1" != prepare ] || echo '${upstreams}' >"$MUTU_NEXT/upstream.conf"\n`, { mode: 0o755 });
  const inServer = (line: string) => (content: string) => content.replace("server {", `server { ${line}`);
  const site = { id: "s", canonical: null, forceHttps: false, hstsSeconds: null };
  await assertNobodyBlamed<WebState>(t, {
    daemon: nginx as Daemon<WebState>,
    machine: front.machine.apply(["pointer", "nginx"]),
    prober: proberOf(async (name) => front.get(name, "/.well-known/mutu-probe", {}, { from: CONTROL })),
    shared: { base: { kind: "base", uploadMb: 4, timeSeconds: 60 } },
    unit: (number, version) => {
      const name = `s${number}.example.org`;
      const serve = { kind: "proxy" as const, target: targets[version] as string, timeoutSeconds: 20 };
      const account = { number, login: "x" };
      const state = { kind: "account" as const, account, home: `/srv/mutu/homes/${number}`, connectionLimit: 20, sites: [{ ...site, names: [name], serve }] };
      return { key: `${number}`, claims: [name], probe: name, state };
    },
    wrong: [
      { code: "nginx.refused", spoil: inServer("no_such_word 1;") },
      { code: "nginx.port_taken", spoil: inServer("listen 192.0.2.1:81;") },
    ],
    visit: async (number) => (await front.get(`s${number}.example.org`)).body,
  });
});

for (const name of ["knot", "bind"])
  test(`${name}: an address that is none, and a name beside its CNAME, in every zone`, { timeout: TIMEOUT_MS }, async (t) => {
    const server = await NameServer.raise(name);
    t.after(() => server.close());
    const more = (lines: (zone: string) => string) => (content: string) => {
      const zone = /\b(z\d+\.test)\./.exec(content)?.[1] as string;
      return content + lines(zone);
    };
    await assertNobodyBlamed<DnsState>(t, {
      daemon: server.daemon as Daemon<DnsState>,
      machine: server.machine.apply([name]),
      options: { port: server.port },
      prober: dnsProbers["dns"] as Prober,
      shared: { base: baseOf() },
      unit: (number, version) => {
        const zone = `z${number}.test`;
        const state = zoneOf(zone, [[`version.${zone}`, { type: "A", address: `192.0.2.${version.slice(1)}` }]], { signed: false });
        return { key: zone, claims: [zone], probe: zone, state };
      },
      wrong: [
        { code: `${name}.zone_refused`, spoil: more((zone) => `x.${zone}. 60 IN A 192.0.2.300\n`) },
        { code: `${name}.beside_cname`, spoil: more((zone) => `version.${zone}. 60 IN CNAME ns1.${zone}.\n`) },
      ],
      visit: async (number) => server.short(`version.z${number}.test`, "A").replace("192.0.2.", "v"),
    });
  });

test("ProFTPD: a line that it cannot read, and a login that all would have, in every account's list", { skip: NEEDS_ROOT, timeout: TIMEOUT_MS }, async (t) => {
  const ftp = await FtpMachine.raise();
  t.after(() => ftp.close());
  await assertNobodyBlamed<FtpState>(t, {
    daemon: proftpd,
    machine: ftp.machine.apply(["proftpd"]),
    options: { ftpPort: ftp.ftp },
    prober: ftpProber,
    unit: (number, version) => {
      const home = ftp.layHome(number, "v1", "v2");
      writeFileSync(join(home, version, "where"), version);
      const login = { name: `a${number}`, hash: HASH, folder: `${home}/${version}`, readOnly: false, expiresAt: null, networks: [], keys: [] };
      const state = { account: { number, login: `a${number}` }, home, logins: [login] };
      return { key: `${number}`, claims: [`a${number}`], probe: `mutu-probe-${number}`, state };
    },
    wrong: [
      { code: "proftpd.refused", spoil: (content) => content.replace(/^login (\S+) /m, "login $1 never ") },
      { code: "proftpd.taken", spoil: (content) => content.replace(/^login \S+ /m, "login everybody ") },
    ],
    visit: async (number) => (await ftp.curl(`a${number}`, "where")).out,
  });
});
