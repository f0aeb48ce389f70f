import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { keyLine, parseKey, type SshKey } from "../../../src/features/ftp/keys.js";
import type { Scope } from "../../support/database.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { ED25519 } from "./scene.js";

function folderOf(t: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), "mutu-keys-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const keyOf = (text: string): SshKey => {
  const parsed = parseKey(text);
  assert.ok("key" in parsed, `${JSON.stringify(parsed)}: ${text.slice(0, 200)}`);
  return parsed.key;
};
const faultOf = (text: string) => {
  const parsed = parseKey(text);
  return "fault" in parsed ? parsed.fault : "none";
};

const KINDS: [type: string, bits: string, name: string, size: number][] = [
  ["ed25519", "256", "ssh-ed25519", 256],
  ["ecdsa", "256", "ecdsa-sha2-nistp256", 256],
  ["ecdsa", "384", "ecdsa-sha2-nistp384", 384],
  ["ecdsa", "521", "ecdsa-sha2-nistp521", 521],
  ["rsa", "2048", "ssh-rsa", 2048],
  ["rsa", "3072", "ssh-rsa", 3072],
];

test("What ssh-keygen makes is read as ssh-keygen reads it, with PuTTY's writing, options and comment", (t) => {
  const folder = folderOf(t);
  for (const [type, bits, name, size] of KINDS) {
    const file = join(folder, `${type}-${bits}`);
    execFileSync("ssh-keygen", ["-q", "-t", type, "-b", bits, "-N", "", "-C", "marie@bureau", "-f", file]);
    const line = readFileSync(`${file}.pub`, "utf8");
    const [, fingerprint] = execFileSync("ssh-keygen", ["-lf", `${file}.pub`], { encoding: "utf8" }).split(" ");
    const key = keyOf(line);
    assert.deepEqual([key.type, key.bits, key.fingerprint, key.label], [name, size, fingerprint, "marie@bureau"]);
    assert.equal(keyLine(key), line.split(" ").slice(0, 2).join(" "));
    const exported = execFileSync("ssh-keygen", ["-e", "-f", `${file}.pub`], { encoding: "utf8" });
    assert.deepEqual({ ...keyOf(exported), label: "" }, { ...key, label: "" });
    assert.deepEqual({ ...keyOf(exported.replaceAll("\n", "\r\n")), label: "" }, { ...key, label: "" });
    assert.deepEqual(keyOf(`from="10.0.0.0/8,!10.0.0.1",command="rm -rf \\"/\\" now",restrict ${line}`), key);
    assert.deepEqual(keyOf(`# my key\n\n  ${line}`), key);
    assert.equal(faultOf(readFileSync(file, "utf8")), "private");
  }
});

test("Weak, broken, foreign, doubled and private keys are told apart", (t) => {
  const folder = folderOf(t);
  const short = join(folder, "short");
  execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", short]);
  assert.equal(faultOf(readFileSync(`${short}.pub`, "utf8")), "weak");
  assert.equal(faultOf("PuTTY-User-Key-File-3: ssh-ed25519"), "private");
  assert.equal(faultOf("ssh-dss AAAAB3NzaC1kc3M="), "type");
  assert.equal(faultOf("sk-ssh-ed25519@openssh.com AAAAGnNr"), "type");
  assert.equal(faultOf(`${ED25519} a\n${ED25519} b`), "several");
  for (const text of ["", "ssh-ed25519", "ssh-ed25519 AAAA", ED25519.slice(0, -4), `${ED25519}AAAA`, ED25519.replace("ssh-ed25519 ", "ssh-rsa "), "bonjour"]) {
    assert.equal(faultOf(text), "invalid", text);
  }
  // base64 that Node forgives: another alphabet, a mark in the middle.
  const point = keyOf(readEcdsa()).blob;
  assert.equal(faultOf(`ecdsa-sha2-nistp256 ${point.slice(0, 40)}!${point.slice(40)}`), "invalid");
});

/** A point in the format of OpenSSH. */
function readEcdsa(change: (point: Buffer) => void = () => undefined): string {
  const jwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x ?? "", "base64url"), Buffer.from(jwk.y ?? "", "base64url")]);
  change(point);
  return `ecdsa-sha2-nistp256 ${packed("ecdsa-sha2-nistp256", "nistp256", point)}`;
}

function packed(...fields: (string | Buffer)[]): string {
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(field));
    return [length, Buffer.from(field)];
  });
  return Buffer.concat(parts).toString("base64");
}

test("A point that is not on its curve and an RSA number that is none are refused", () => {
  assert.equal(faultOf(readEcdsa()), "none");
  for (const at of [1, 20, 40, 64]) {
    assert.equal(
      faultOf(
        readEcdsa((point) => {
          point[at] = (point[at] ?? 0) ^ 1;
        }),
      ),
      "invalid",
      `byte ${at}`,
    );
  }
  const odd = Buffer.concat([Buffer.from([0]), Buffer.alloc(256, 0xff)]);
  const even = Buffer.from(odd);
  even[256] = 0xfe;
  const rsa = (e: Buffer, n: Buffer) => faultOf(`ssh-rsa ${packed("ssh-rsa", e, n)}`);
  const e = Buffer.from([1, 0, 1]);
  assert.equal(rsa(e, odd), "none");
  assert.equal(rsa(e, even), "invalid");
  assert.equal(rsa(e, Buffer.alloc(256, 0xff)), "invalid", "negative");
  assert.equal(rsa(e, Buffer.concat([Buffer.from([0, 0]), odd])), "invalid", "not the shortest writing");
  assert.equal(rsa(Buffer.from([1]), odd), "invalid");
  assert.equal(rsa(Buffer.from([2]), odd), "invalid");
  assert.equal(rsa(Buffer.alloc(0), odd), "invalid");
});

test("Whatever is pasted, what comes out is one clean line, and ssh-keygen agrees with it", (t) => {
  const file = join(folderOf(t), "key.pub");
  const hostile = fc.constantFrom(...HOSTILE_STRINGS, " ", "=", "AAAA", "ssh-rsa ", ED25519, `${ED25519.slice(0, 30)}\n${ED25519.slice(30)}`);
  const around = fc.oneof(hostile, fc.string({ maxLength: 40, unit: "binary" }));
  const CLEAN = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}$/;
  let taken = 0;
  fc.assert(
    fc.property(around, around, fc.nat(ED25519.length), (before, after, cut) => {
      for (const text of [before + after, `${before} ${ED25519} ${after}`, ED25519.slice(0, cut) + before + ED25519.slice(cut)]) {
        const parsed = parseKey(text);
        if ("fault" in parsed) continue;
        taken += 1;
        assert.match(keyLine(parsed.key), CLEAN);
        assert.doesNotMatch(parsed.key.label, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert.ok([...parsed.key.label].length <= 80);
        assert.deepEqual({ ...keyOf(keyLine(parsed.key)), label: "" }, { ...parsed.key, label: "" });
        if (taken % 50 === 1) {
          writeFileSync(file, `${keyLine(parsed.key)}\n`);
          assert.ok(execFileSync("ssh-keygen", ["-lf", file], { encoding: "utf8" }).includes(parsed.key.fingerprint));
        }
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(taken > 100, `only ${taken} keys were taken`);
});
