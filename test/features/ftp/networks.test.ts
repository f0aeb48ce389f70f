import assert from "node:assert/strict";
import { BlockList, isIPv4 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { parseLoginName, proposeName } from "../../../src/features/ftp/names.js";
import { parseNetwork, parseNetworks } from "../../../src/features/ftp/networks.js";
import { parseSeen } from "../../../src/features/ftp/seen.js";
import { parseFolder } from "../../../src/features/sites/index.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

test("Addresses and networks of both families have one writing each", () => {
  for (const [typed, written] of [
    ["192.0.2.7", "192.0.2.7/32"],
    ["192.0.2.7/24", "192.0.2.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0:0::1", "2001:db8::1/128"],
    ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
    ["::ffff:192.0.2.7", "192.0.2.7/32"],
    ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
    ["::1", "::1/128"],
  ]) {
    assert.equal(parseNetwork(typed as string), written, typed);
  }
  for (const wrong of [
    "",
    "192.0.2",
    "192.0.2.256",
    "010.0.0.1",
    "0x7f.1",
    "192.0.2.7/33",
    "192.0.2.7/-1",
    "192.0.2.7/08",
    "192.0.2.7/24/1",
    "fe80::1%eth0",
    "::192.0.2.7",
    "2001:db8::192.0.2.7",
    "2001:db8::/129",
    "exemple.org",
    "*",
    "1.2.3.4 ",
  ]) {
    assert.equal(parseNetwork(wrong), null, JSON.stringify(wrong));
  }
  assert.deepEqual(parseNetworks(" 192.0.2.7,192.0.2.7/32;\n2001:db8::/32 10.0.0.1/8"), { networks: ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"] });
});

test("Property: a network that is taken holds the address that was typed, and reads back as itself", () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((ip) => !ip.includes(".")),
    fc.ipV4().map((ip) => `::ffff:${ip}`),
  );
  fc.assert(
    fc.property(address, fc.nat(140), fc.oneof(fc.constantFrom("", ...HOSTILE_STRINGS), fc.string({ maxLength: 5 })), (ip, length, noise) => {
      const network = parseNetwork(`${ip}/${length}`);
      assert.equal(network !== null, length <= (isIPv4(ip) ? 32 : 128));
      if (network !== null) {
        assert.match(network, /^[0-9a-f.:]+\/(0|[1-9]\d{0,2})$/);
        assert.equal(parseNetwork(network), network);
        const [base = "", bits = ""] = network.split("/");
        const family = isIPv4(base) ? "ipv4" : "ipv6";
        const list = new BlockList();
        list.addSubnet(base, Number(bits), family);
        const plain = family === "ipv4" ? ip.replace("::ffff:", "") : ip;
        assert.ok(list.check(plain, family), `${network} does not hold ${ip}`);
      }
      const parsed = parseNetworks(`${ip}${noise}`);
      if ("networks" in parsed) for (const one of parsed.networks) assert.match(one, /^[0-9a-f.:]+\/\d+$/);
    }),
    { numRuns: 2000 },
  );
});

test("Property: a folder that is taken stays below the home by whole segments; a name that is taken fits the machine", () => {
  const text = fc.oneof(fc.constantFrom("..", ".", "/", "//", "logs", "www", ...HOSTILE_STRINGS), fc.string({ maxLength: 12, unit: "binary" }));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.constantFrom("/", ""), (parts, glue) => {
      const folder = parseFolder(parts.join(glue));
      if (folder !== null) {
        const url = new URL(`file:///home/${folder.split("/").map(encodeURIComponent).join("/")}`);
        assert.ok(url.pathname.startsWith("/home/") && url.pathname.length > "/home/".length, folder);
        assert.ok(folder.split("/").every((segment) => segment !== "" && segment !== "." && segment !== ".."));
        assert.doesNotMatch(folder, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:\\]/u);
      }
      const parsed = parseLoginName(parts.join(glue), { login: "club", domains: ["club.test"] }, parts.length % 2 === 0);
      if ("name" in parsed) assert.match(parsed.name, /^[a-z0-9][a-z0-9._@-]*$/);
    }),
    { numRuns: 3000 },
  );
  assert.equal(proposeName("club", new Set(["club", "club_2"])), "club_3");
});

test("The machine's lines of logins: the newest of each, nothing that is written otherwise, nothing of the future", () => {
  const now = new Date("2026-11-28T12:00:00Z");
  const at = (iso: string) => Math.floor(new Date(iso).getTime() / 1000);
  const lines: [string, string][] = [
    ["version", "1.3.8"],
    ["login", `club ${at("2026-11-27T08:00:00Z")} 192.0.2.7 ftps`],
    ["login", `club ${at("2026-11-28T08:00:00Z")} ::ffff:192.0.2.9 sftp`],
    ["login", `club ${at("2026-11-26T08:00:00Z")} 192.0.2.8 ftps`],
    ["login", `late ${at("2030-01-01T00:00:00Z")} 2001:db8::1 sftp`],
    ["login", "broken"],
    ["login", "x 12 nowhere sftp"],
    ["login", "x 12 192.0.2.1 gopher"],
    ["login", "x -1 192.0.2.1 sftp"],
    ["login", "x 12 192.0.2.1 sftp more"],
  ];
  assert.deepEqual(parseSeen(lines, now), [
    { name: "club", at: new Date("2026-11-28T08:00:00Z"), from: "192.0.2.9", by: "sftp" },
    { name: "late", at: now, from: "2001:db8::1", by: "sftp" },
  ]);
});
