/** What the firewall's options refuse before anything is closed, asked of the script itself. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

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
