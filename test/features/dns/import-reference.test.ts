/** What an import reads of odd zone files is what BIND reads of them, record for record. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseZoneFile } from "../../../src/features/dns/import/zone-file.js";
import { recordText } from "../../../src/features/dns/import/zone-text.js";
import type { RecordType } from "../../../src/features/dns/role.js";

const folder = fileURLToPath(new URL("./zones", import.meta.url));
const ZONE = "example.org";
const files = readdirSync(folder).filter((name) => name.endsWith(".zone"));
const HELD = ["A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NS", "PTR", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"];
const SIGNING = ["CDNSKEY", "CDS", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "RRSIG", "TYPE65534"];
/** named-checkzone is asked how it reads, not what it would advise. */
const LENIENT = ["-k", "ignore", "-n", "ignore", "-i", "none", "-m", "ignore", "-M", "ignore", "-S", "ignore", "-T", "ignore"];

test("ten and more files", () => assert.ok(files.length >= 10, `saw only ${files.length}`));

for (const name of files) {
  test(`${name}: the records are those of named-checkzone`, () => {
    const path = join(folder, name);
    const reference = referenceOf(path);
    const read = parseZoneFile(readFileSync(path, "utf8"), ZONE);
    const wanted = reference.filter(({ type }) => HELD.includes(type));
    assert.ok(wanted.length >= 2, `saw only ${wanted.length} records`);
    assert.deepEqual(read.records.map(({ record }) => comparable(recordText(record))).sort(), wanted.map(({ text }) => text).sort());

    const refused = read.findings.filter(({ outcome }) => outcome === "refused");
    assert.deepEqual(refused, []);
    const count = (outcome: string, code: string) => read.findings.filter((one) => one.outcome === outcome && one.code === code).length;
    assert.equal(count("left", "signing"), reference.filter(({ type }) => SIGNING.includes(type)).length);
    assert.equal(count("aside", "type_aside"), reference.filter(({ type }) => ![...HELD, ...SIGNING, "SOA"].includes(type)).length);
    const soa = reference.find(({ type }) => type === "SOA")?.text.split(" ") ?? [];
    assert.equal(String(read.soa?.serial), soa[6]);
    assert.equal(String(read.soa?.minimum), soa[10]);
  });
}

test("together the files hold every type that a zone of ours can hold", () => {
  const types = new Set(
    files.flatMap((name) => parseZoneFile(readFileSync(join(folder, name), "utf8"), ZONE).records.map(({ record }): RecordType => record.data.type)),
  );
  assert.deepEqual([...types].sort(), HELD);
});

interface Reference {
  type: string;
  text: string;
}

function referenceOf(path: string): Reference[] {
  const printed = execFileSync("named-checkzone", [...LENIENT, "-q", "-o", "-", ZONE, path], { encoding: "utf8" });
  const lines = printed.split("\n").filter((line) => line.trim() !== "" && !line.startsWith(";"));
  return lines.map((line) => ({ type: line.split(/\s+/)[3] ?? "", text: comparable(line) }));
}

/** One form for both: the same value is written in several ways. */
function comparable(line: string): string {
  const [name = "", ttl = "", kind = "", type = "", ...rest] = line.split(/\s+/);
  const head = [name.toLowerCase(), ttl, kind, type];
  const behind = line.slice(line.indexOf(rest[0] ?? "", line.search(new RegExp(`\\s${type}\\s`)) + type.length + 1)).trimEnd();
  if (type === "TXT") return [...head, behind].join(" ");
  if (type === "AAAA") return [...head, new URL(`http://[${behind}]`).hostname].join(" ");
  if (type === "CAA") return [...head, rest[0], rest[1]?.toLowerCase(), behind.slice(behind.indexOf('"'))].join(" ");
  // BIND breaks long hexadecimal into pieces.
  if (["TLSA", "DS"].includes(type)) return [...head, ...rest.slice(0, 3), rest.slice(3).join("").toLowerCase()].join(" ");
  if (type === "SSHFP") return [...head, ...rest.slice(0, 2), rest.slice(2).join("").toLowerCase()].join(" ");
  if (["SVCB", "HTTPS"].includes(type)) return [...head, behind.replaceAll('"', "")].join(" ");
  return [...head, behind.toLowerCase()].join(" ");
}
