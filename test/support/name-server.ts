/** A small name server of tests, over UDP and TCP, with whatever zones a test says: those that the world would have. Writes its answers with dns-packet, so that ours are read back by a second opinion. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import packet, { type Answer, type DecodedPacket, type Packet } from "dns-packet";
import type { Scope } from "./database.js";

const AUTHORITATIVE = packet.AUTHORITATIVE_ANSWER;
const NO_SUCH_NAME = 3;
const SERVFAIL = 2;
const REFUSED = 5;
const UDP_BYTES = 1232;

export interface TestNameServer {
  address: string;
  port: number;
  /** Records by name and type; changed while it runs. A resolver of tests knows all names of the world, so its zones do not matter. */
  records: Answer[];
  /** Answers every name below its own of which nothing is known (RFC 4592). */
  wildcard: Answer | null;
  /** Names of which it says nothing but the delegation that `records` hold (NS in the authority section). */
  delegated: Set<string>;
  /** How it behaves: silent says nothing at all, failing answers SERVFAIL, refusing REFUSED. */
  mood: "well" | "silent" | "failing" | "refusing";
  /** Questions that came, `TYPE name`. */
  asked: string[];
  /** Sends these bytes instead, to whoever asks. */
  raw: ((question: DecodedPacket) => Buffer) | null;
  close(): Promise<void>;
}

/** Starts a server on a free port of loopback, or on the one given. */
export async function startNameServer(t: Scope, records: Answer[] = [], at: { address?: string; port?: number } = {}): Promise<TestNameServer> {
  const address = at.address ?? "127.0.0.1";
  let closing: Promise<unknown> | undefined;
  const udp = createSocket("udp4");
  const tcp = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const reply = answer(server, bytes.subarray(2), Number.POSITIVE_INFINITY);
      if (!reply) return socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      return socket.end(Buffer.concat([length, reply]));
    });
  });
  await new Promise<void>((resolve) => tcp.listen(at.port ?? 0, address, resolve));
  const { port } = tcp.address() as { port: number };
  await new Promise<void>((resolve, reject) => {
    udp.once("error", reject);
    udp.bind(port, address, resolve);
  });
  const server: TestNameServer = {
    ...{ address, port, records, wildcard: null as Answer | null, delegated: new Set<string>(), mood: "well", asked: [], raw: null },
    close: async () => {
      closing ??= Promise.all([new Promise((resolve) => udp.close(() => resolve(null))), new Promise((resolve) => tcp.close(resolve))]);
      await closing;
    },
  };
  udp.on("message", (bytes, from) => {
    const reply = answer(server, bytes, UDP_BYTES);
    if (reply) udp.send(reply, from.port, from.address);
  });
  t.after(() => server.close());
  return server;
}

function answer(server: TestNameServer, bytes: Buffer, most: number): Buffer | null {
  const question = packet.decode(bytes);
  const asked = question.questions?.[0];
  if (!asked || server.mood === "silent") return null;
  server.asked.push(`${asked.type} ${asked.name}`);
  if (server.raw) return server.raw(question);
  const reply: Packet = { type: "response", id: question.id ?? 0, flags: AUTHORITATIVE, questions: question.questions ?? [] };
  if (server.mood === "failing") return packet.encode({ ...reply, flags: SERVFAIL });
  if (server.mood === "refusing") return packet.encode({ ...reply, flags: REFUSED });
  const name = asked.name.toLowerCase();
  const delegation = [...server.delegated].find((one) => name === one || name.endsWith(`.${one}`));
  if (delegation && !(asked.type === "DS" && name === delegation)) {
    const authorities = server.records.filter((one) => one.type === "NS" && one.name === delegation);
    return packet.encode({ ...reply, flags: 0, authorities });
  }
  const answers = found(server.records, name, asked.type);
  const exists = server.records.some((one) => one.name.toLowerCase() === name || one.name.toLowerCase().endsWith(`.${name}`));
  const { wildcard } = server;
  const wild = !exists && wildcard !== null && name.endsWith(`.${wildcard.name}`);
  if (wild && wildcard.type === asked.type) answers.push({ ...wildcard, name } as Answer);
  const whole = packet.encode({ ...reply, flags: AUTHORITATIVE | (exists || wild ? 0 : NO_SUCH_NAME), answers });
  return whole.length > most ? packet.encode({ ...reply, flags: AUTHORITATIVE | packet.TRUNCATED_RESPONSE }) : whole;
}

function found(records: Answer[], name: string, type: string, depth = 0): Answer[] {
  const own = records.filter((one) => one.name.toLowerCase() === name);
  const exact = own.filter((one) => one.type === type);
  const alias = own.find((one) => one.type === "CNAME");
  if (exact.length > 0 || !alias || depth > 8) return exact;
  return [alias, ...found(records, String((alias as { data: string }).data).toLowerCase(), type, depth + 1)];
}

/** Settings of a panel whose whole world is this server: its resolver, and every name server on loopback. */
export function resolverEnv({ address, port }: TestNameServer): { extra(name: string): string | null } {
  const settings: Record<string, string> = { MUTU_RESOLVER: `${address}:${port}`, MUTU_RESOLVER_AUTHORITY_PORT: String(port) };
  return { extra: (name) => settings[name] ?? null };
}
