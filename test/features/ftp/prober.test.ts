/** The prober against a server that speaks the control connection's few words, over real TLS. The daemon itself is asked in test/daemons. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createSecureContext, TLSSocket } from "node:tls";
import { ftpProber } from "../../../src/features/ftp/prober.js";
import type { HostRecord } from "../../../src/publish/contract.js";
import type { Scope } from "../../support/database.js";

const HASH = "ab".repeat(32);
const PROBE = { kind: "ftp", name: "mutu-probe-2001" };

type Speak = (socket: Socket, line: string) => void;

/** Answers each line over plain TCP, and over TLS once AUTH TLS was taken. */
async function serve(t: Scope, greeting: string, plain: Speak, secured: Speak = () => undefined): Promise<HostRecord> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-ftp-"));
  const [key, certificate] = [join(folder, "key"), join(folder, "crt")];
  const subject = ["-subj", "/CN=ftp.test", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, ...subject], {
    stdio: "ignore",
  });
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(certificate) });
  rmSync(folder, { recursive: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.write(greeting);
    const onData = (bytes: Buffer) => {
      const line = bytes.toString().trim();
      plain(socket, line);
      if (line !== "AUTH TLS") return;
      socket.off("data", onData);
      const tls = new TLSSocket(socket, { isServer: true, secureContext });
      tls.on("error", () => undefined).on("data", (more: Buffer) => secured(tls, more.toString().trim()));
    };
    socket.on("data", onData);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { address: "127.0.0.1", daemons: [{ name: "proftpd", role: "ftp" }], options: { proftpd: { ftpPort: port } } } as unknown as HostRecord;
}

const begin: Speak = (socket, line) => {
  if (line === "AUTH TLS") socket.write("234 go on\r\n");
};

test("Who lets the probe's login in with the unit's hash has proven it; the password is only ever sent over TLS", async (t) => {
  const heard: string[] = [];
  const host = await serve(
    t,
    "220-Welcome\r\n 230 not a reply\r\n220-to\r\n220 files\r\n",
    (socket, line) => {
      heard.push(`plain ${line}`);
      begin(socket, line);
    },
    (socket, line) => {
      heard.push(`tls ${line}`);
      if (line.startsWith("USER ")) socket.write("331-Password\r\n");
      // In two pieces, as a network may cut it.
      if (line.startsWith("USER ")) setTimeout(() => socket.write("331 please\r\n"), 20);
      if (line.startsWith("PASS ")) socket.write(line === `PASS ${HASH}` ? "230 in\r\n" : "530 no\r\n");
    },
  );
  assert.equal(ftpProber.reaches(host), true);
  assert.deepEqual(await ftpProber.ask(host, PROBE, HASH, 60_000), { status: 200, body: HASH });
  assert.deepEqual(heard.slice(0, 3), ["plain AUTH TLS", "tls USER mutu-probe-2001", `tls PASS ${HASH}`]);
  assert.deepEqual(await ftpProber.ask(host, PROBE, "cd".repeat(32), 60_000), { status: 530, body: "" });
});

test("Silence, refusal, a server without TLS and no server at all are told, within the time given", async (t) => {
  const refusing = await serve(t, "421 too many\r\n", () => undefined);
  assert.deepEqual(await ftpProber.ask(refusing, PROBE, HASH, 60_000), { status: 421, body: "" });
  const plainOnly = await serve(t, "220 hi\r\n", (socket) => socket.write("500 what\r\n"));
  assert.deepEqual(await ftpProber.ask(plainOnly, PROBE, HASH, 60_000), { status: 500, body: "" });
  const silent = await serve(t, "", () => undefined);
  const begun = performance.now();
  assert.deepEqual(await ftpProber.ask(silent, PROBE, HASH, 300), { error: "timeout" });
  assert.ok(performance.now() - begun < 30_000);
  const hangingUp = await serve(t, "220 hi\r\n", (socket) => socket.end());
  assert.deepEqual(await ftpProber.ask(hangingUp, PROBE, HASH, 60_000), { error: "closed" });
  const noTls = await serve(t, "220 hi\r\n", (socket, line) => line === "AUTH TLS" && socket.end("234 go\r\nnot a handshake\r\n"));
  assert.ok("error" in (await ftpProber.ask(noTls, PROBE, HASH, 60_000)));
  const endless = await serve(t, `220-${"x".repeat(10_000)}`, () => undefined);
  assert.deepEqual(await ftpProber.ask(endless, PROBE, HASH, 60_000), { error: "no FTP server" });
  const nobody = { ...silent, options: { proftpd: { ftpPort: 1 } } } as HostRecord;
  assert.deepEqual(await ftpProber.ask(nobody, PROBE, HASH, 60_000), { error: "ECONNREFUSED" });
  assert.equal(ftpProber.reaches({ ...silent, daemons: [] }), false);
});
