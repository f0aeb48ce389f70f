/** What the firewall's options refuse before anything is closed, asked of the script itself. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { NEEDS_ROOT } from "../daemons/private-machine.js";

const SCRIPT = fileURLToPath(new URL("../../machines/firewall.sh", import.meta.url));

function options(firewall: string, web = "") {
  const text = `set -eu; die() { echo "$*"; exit 64; }; FIREWALL=$1 WEB_ADDRESSES=$2 OPEN=; . "$3"; FIREWALL_KEPT=/nonexistent; firewall_options; echo taken`;
  return spawnSync("sh", ["-c", text, "sh", firewall, web, SCRIPT], { encoding: "utf8" }).stdout.trim();
}

test("a firewall that would let in nobody is refused: blanks, and what is no address", () => {
  for (const taken of ["", "off", "192.0.2.7", "192.0.2.0/24 2001:db8::7", "0.0.0.0/0 ::/0"]) assert.equal(options(taken), "taken", taken);
  assert.match(options(" "), /^--firewall: whence does SSH come/);
  for (const refused of ["192", "192.0.2.7 7", "fe", "192.0.2.7 ffff"]) assert.match(options(refused), /no address: /, refused);
  assert.match(options("192.0.2.7", "10"), /no address: 10/);
  assert.match(options("panel.example.org"), /refused/);
});

function asked(rules: { template: "control" | "web"; web: string }, ...from: string[]) {
  const template = fileURLToPath(new URL(`../../machines/${rules.template}/nftables-public.conf`, import.meta.url));
  const text = `set -eu; . "$1"; FIREWALL="192.0.2.0/24 2001:db8::/32" WEB_ADDRESSES=$4 OPEN= DAEMONS=
    daemon_settings() { :; }; public_rules "$2" "$FIREWALL" "80 443" | nft -f -; for one in $3; do SSH_CONNECTION="$one 1 2 3"; locked_out; done; SSH_CONNECTION=; locked_out`;
  return spawnSync("unshare", ["-n", "sh", "-c", text, "sh", SCRIPT, template, from.join(" "), rules.web], { encoding: "utf8" });
}

test("who closes SSH to the place they are at is told, by the rules that are loaded", { skip: NEEDS_ROOT }, () => {
  for (const template of ["control", "web"] as const) {
    const inside = asked({ template, web: "" }, "192.0.2.77", "2001:db8::9", "127.0.0.1", "::1");
    assert.deepEqual([inside.status, inside.stdout, inside.stderr], [0, "", ""], template);
    const outside = asked({ template, web: "" }, "198.51.100.4", "2001:db9::1").stdout;
    assert.match(outside, /^warning: SSH from 198\.51\.100\.4, .* --firewall "192\.0\.2\.0\/24 2001:db8::\/32 198\.51\.100\.4"$/m);
    assert.match(outside, /^warning: SSH from 2001:db9::1,/m);
  }
});

test("who comes from a web machine's address is told too: its rule is met before the administrators'", { skip: NEEDS_ROOT }, () => {
  const web = "192.0.2.77 2001:db8:1::/48 198.51.100.4";
  const behind = asked({ template: "control", web }, "192.0.2.77", "2001:db8:1::9", "198.51.100.4");
  assert.equal(behind.status, 0, behind.stderr);
  const told = behind.stdout.trim().split("\n");
  assert.equal(told.length, 3, behind.stdout);
  for (const [at, seen] of ["192.0.2.77", "2001:db8:1::9", "198.51.100.4"].entries())
    assert.ok(told[at]?.startsWith(`warning: SSH from ${seen}, whence you are here now, is closed, for --web-addresses "${web}" holds it`), told[at]);
  const beside = asked({ template: "control", web }, "192.0.2.78", "2001:db8::9");
  assert.deepEqual([beside.status, beside.stdout, beside.stderr], [0, "", ""]);
});
