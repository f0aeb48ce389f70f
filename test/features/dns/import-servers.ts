/** Old servers to ask: a BIND and a Knot of the test's own on loopback, and one that answers whatever it is told. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePort } from "../../support/free-port.js";
import { until } from "../../support/until.js";

export const LOOPBACK = "127.0.0.1";

export interface ZoneSource {
  name: string;
  text: string;
  /** Name of the key that its transfer needs; null: anybody may; "nobody": none may. */
  key: string | null;
  signed?: boolean;
}

export interface Key {
  name: string;
  algorithm: string;
  secret: string;
}

/** Starts BIND with these zones; gives its port. */
export async function startBind(t: TestContext, zones: readonly ZoneSource[], keys: readonly Key[]): Promise<number> {
  const { folder, port } = await prepare(zones);
  const transfer = (key: string | null) => (key === null ? "any;" : key === "nobody" ? "none;" : `key "${key}";`);
  const lines = [
    `options { directory "${folder}"; listen-on port ${port} { ${LOOPBACK}; }; listen-on-v6 { none; }; pid-file none; session-keyfile "${folder}/session.key"; recursion no; dnssec-validation no; notify no; };`,
    "controls { };",
    ...keys.map(({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`),
    ...zones.map(({ name, key }) => `zone "${name}" { type primary; file "${name}.zone"; allow-transfer { ${transfer(key)} }; };`),
  ];
  writeFileSync(join(folder, "named.conf"), `${lines.join("\n")}\n`);
  await run(t, folder, "/usr/sbin/named", ["-g", "-c", join(folder, "named.conf"), "-n", "1"], port);
  return port;
}

/** Starts Knot with these zones; gives its port. */
export async function startKnot(t: TestContext, zones: readonly ZoneSource[], keys: readonly Key[]): Promise<number> {
  const { folder, port } = await prepare(zones);
  const items = (rows: string[][]) => rows.flatMap((row) => row.map((line, at) => `  ${at === 0 ? "-" : " "} ${line}`));
  const lines = [
    ...["server:", `    rundir: ${folder}`, `    listen: ${LOOPBACK}@${port}`, "    udp-workers: 1", "    tcp-workers: 1", "    background-workers: 1"],
    ...["database:", `    storage: ${folder}`],
    ...["key:", ...items(keys.map(({ name, algorithm, secret }) => [`id: ${name}`, `algorithm: ${algorithm}`, `secret: "${secret}"`]))],
    ...[
      "acl:",
      ...items([["id: anybody", `address: ${LOOPBACK}`, "action: transfer"], ...keys.map(({ name }) => [`id: ${name}`, `key: ${name}`, "action: transfer"])]),
    ],
    ...["template:", ...items([["id: default", `storage: ${folder}`, 'file: "%s.zone"', "zonefile-sync: -1"]])],
    ...[
      "zone:",
      ...items(
        zones.map(({ name, key, signed }) => [
          `domain: ${name}`,
          `dnssec-signing: ${signed ? "on" : "off"}`,
          ...(key === "nobody" ? [] : [`acl: ${key ?? "anybody"}`]),
        ]),
      ),
    ],
  ].filter((line, at, all) => !line.endsWith(":") || line.startsWith(" ") || all[at + 1]?.startsWith(" "));
  writeFileSync(join(folder, "knot.conf"), `${lines.join("\n")}\n`);
  await run(t, folder, "/usr/sbin/knotd", ["-c", join(folder, "knot.conf")], port);
  return port;
}

/** Listens and hands each question (without its length) to `answer`, whose bytes go back as they are; the connection stays open. */
export async function startFake(t: TestContext, answer: (question: Buffer, socket: Socket) => Buffer | null): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      const reply = answer(bytes.subarray(2), socket);
      if (reply) socket.write(reply);
    });
  });
  const port = await listen(server);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => server.listen(0, LOOPBACK, () => resolve((server.address() as { port: number }).port)));
}

async function prepare(zones: readonly ZoneSource[]): Promise<{ folder: string; port: number }> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-ns-"));
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of zones) writeFileSync(join(folder, `${name}.zone`), text);
  return { folder, port: await freePort() };
}

async function run(t: TestContext, folder: string, program: string, words: string[], port: number): Promise<void> {
  const child: ChildProcess = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (bytes: Buffer) => (said = `${said}${bytes.toString()}`.slice(-4000)));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
    // Only now: a server that still runs writes into its folder.
    rmSync(folder, { recursive: true, force: true });
  });
  await until(() => answers(port), 20, `${program} listens`).catch((cause: unknown) => {
    throw new Error(`${program} did not start: ${said}`, { cause });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: LOOPBACK, port });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
