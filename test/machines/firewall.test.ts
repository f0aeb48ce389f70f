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

test("who closes SSH to the place they are at is told, by the rules that are loaded", { skip: NEEDS_ROOT }, () => {
  const template = fileURLToPath(new URL("../../machines/control/nftables-public.conf", import.meta.url));
  const text = `set -eu; . "$1"; FIREWALL="192.0.2.0/24 2001:db8::/32" WEB_ADDRESSES= OPEN= DAEMONS=
    daemon_settings() { :; }; public_rules "$2" "$FIREWALL" "80 443" | nft -f -; for one in $3; do SSH_CONNECTION="$one 1 2 3"; locked_out; done; SSH_CONNECTION=; locked_out`;
  const ask = (...from: string[]) => spawnSync("unshare", ["-n", "sh", "-c", text, "sh", SCRIPT, template, from.join(" ")], { encoding: "utf8" });
  const inside = ask("192.0.2.77", "2001:db8::9", "127.0.0.1", "::1");
  assert.deepEqual([inside.status, inside.stdout, inside.stderr], [0, "", ""]);
  const outside = ask("198.51.100.4", "2001:db9::1").stdout;
  assert.match(outside, /^warning: SSH from 198\.51\.100\.4, .* --firewall "192\.0\.2\.0\/24 2001:db8::\/32 198\.51\.100\.4"$/m);
  assert.match(outside, /^warning: SSH from 2001:db9::1,/m);
});
