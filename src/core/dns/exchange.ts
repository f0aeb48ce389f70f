/** One question to one name server, over UDP and, where the answer does not fit, over TCP (RFC 1035 §4.2, RFC 7766). */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { isIPv6, Socket } from "node:net";
import { type Answer, decodeAnswer, encodeQuestion, isAskable, type Question } from "./message.js";

const IDS = 65_536;
const LENGTH_BYTES = 2;

export interface Server {
  /** An IP address. */
  address: string;
  port: number;
}

export interface Exchange {
  timeoutMs: number;
  /** Asks a resolver to find out. */
  recursive: boolean;
  /** Has RRSIG records sent along. */
  signatures?: boolean;
}

/** Why nothing sound came back. `broken`: an answer to something else, or none that can be read; or a name for which nobody can be asked. */
export type ExchangeFailure = "timeout" | "unreachable" | "broken";

/** Asks once and never throws. */
export async function exchange(server: Server, question: Question, options: Exchange): Promise<Answer | ExchangeFailure> {
  if (!isAskable(question.name)) return "broken";
  const started = performance.now();
  const first = await overUdp(server, question, options);
  if (typeof first === "string" || !first.truncated) return first;
  const left = options.timeoutMs - (performance.now() - started);
  return overTcp(server, question, { ...options, timeoutMs: Math.max(1, left) });
}

function overUdp(server: Server, question: Question, { timeoutMs, recursive, signatures }: Exchange): Promise<Answer | ExchangeFailure> {
  const id = randomInt(IDS);
  const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
  return new Promise((resolve) => {
    const end = (result: Answer | ExchangeFailure) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      // A late error of a socket that is being closed is nobody's.
      socket.on("error", () => {});
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => end("timeout"), timeoutMs);
    socket.on("error", () => end("unreachable"));
    socket.on("message", (bytes) => {
      const answer = decodeAnswer(bytes, id, question);
      if (answer) end(answer);
    });
    // A connected socket hears this server alone, and learns at once that nobody listens there.
    socket.connect(server.port, server.address, ((error?: Error) => {
      // Node gives the callback an error where the kernel refuses at once (no route); its types do not know.
      if (error) return end("unreachable");
      socket.send(encodeQuestion(id, question, recursive, signatures));
    }) as () => void);
  });
}

function overTcp(server: Server, question: Question, { timeoutMs, recursive, signatures }: Exchange): Promise<Answer | ExchangeFailure> {
  const id = randomInt(IDS);
  const socket = new Socket();
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const end = (result: Answer | ExchangeFailure) => {
      clearTimeout(timer);
      resolve(result);
      socket.destroy();
    };
    const timer = setTimeout(() => end("timeout"), timeoutMs);
    socket.on("error", () => end("unreachable"));
    socket.on("close", () => end("broken"));
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < LENGTH_BYTES) return;
      const length = received.readUInt16BE(0);
      if (received.length < LENGTH_BYTES + length) return;
      end(decodeAnswer(received.subarray(LENGTH_BYTES, LENGTH_BYTES + length), id, question) ?? "broken");
    });
    socket.connect(server.port, server.address, () => {
      const message = encodeQuestion(id, question, recursive, signatures);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
  });
}
