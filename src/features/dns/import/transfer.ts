/** A whole zone from a server, over TCP (RFC 5936), within bounds of time and size. Asks one address and follows nothing. */
import { randomInt } from "node:crypto";
import { connect } from "node:net";
import type { Clock } from "../../../core/context.js";
import type { RecordName } from "../role.js";
import { Fault } from "./fault.js";
import { readAnswer, transferQuestion } from "./message.js";
import { TransferText } from "./transfer-text.js";
import { TsigExchange, type TsigKey } from "./tsig.js";

const WHOLE_SECONDS = 60;
const SILENT_SECONDS = 10;
/** Far above what fits into the text that is kept of it, signatures of the old server included. */
const MAX_RECEIVED = 8 * 1024 * 1024;
const MAX_ID = 65_536;
const RCODES: Readonly<Record<number, string>> = { 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 9: "NOTAUTH" };

export interface TransferServer {
  /** An IP address. */
  address: string;
  port: number;
  tsig: TsigKey | null;
}

/** Asks for a zone and gives it as the text of a zone file; a Fault says what went wrong. */
export function transferZone(zone: RecordName, server: TransferServer, clock: Clock): Promise<string> {
  const exchange = new Exchange(zone, server, clock);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port });
    const end = (error: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      if (error) reject(error);
      else resolve(exchange.text());
    };
    const timer = setTimeout(() => end(new Fault("timeout")), WHOLE_SECONDS * 1000);
    socket.setTimeout(SILENT_SECONDS * 1000, () => end(new Fault("timeout")));
    socket.on("connect", () => socket.write(exchange.question()));
    socket.on("error", (error: NodeJS.ErrnoException) => end(new Fault("unreachable", { reason: error.code ?? "" })));
    socket.on("close", () => end(new Fault("cut")));
    socket.on("data", (bytes: Buffer) => {
      try {
        exchange.take(bytes);
        if (exchange.ended) end(null);
      } catch (error) {
        end(error);
      }
    });
  });
}

class Exchange {
  readonly #id = randomInt(MAX_ID);
  readonly #zone: RecordName;
  readonly #tsig: TsigExchange | null;
  readonly #text: TransferText;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #received = 0;

  constructor(zone: RecordName, server: TransferServer, clock: Clock) {
    this.#zone = zone;
    this.#tsig = server.tsig && new TsigExchange(server.tsig, () => clock.now());
    this.#text = new TransferText(zone);
  }

  get ended(): boolean {
    return this.#text.ended;
  }

  question(): Buffer {
    const bare = transferQuestion(this.#zone, this.#id);
    const message = this.#tsig ? this.#tsig.sign(bare) : bare;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    return Buffer.concat([length, message]);
  }

  /** Takes what came; a message is read once it is whole. */
  take(bytes: Buffer): void {
    this.#received += bytes.length;
    if (this.#received > MAX_RECEIVED) throw new Fault("transfer_large", { max: MAX_RECEIVED });
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    // Joined only when a whole message is there, so that single bytes do not cost a copy of all before them.
    while (!this.ended && this.#waitingBytes >= 2) {
      const length = 2 + this.#peek();
      if (this.#waitingBytes < length) return;
      const all = this.#whole();
      this.#waiting = [all.subarray(length)];
      this.#waitingBytes = all.length - length;
      this.#message(all.subarray(2, length));
    }
  }

  text(): string {
    return this.#text.text();
  }

  #peek(): number {
    return ((this.#waiting[0]?.length ?? 0) < 2 ? this.#whole() : (this.#waiting[0] as Buffer)).readUInt16BE(0);
  }

  #whole(): Buffer {
    if (this.#waiting.length !== 1) this.#waiting = [Buffer.concat(this.#waiting)];
    return this.#waiting[0] as Buffer;
  }

  #message(message: Buffer): void {
    const answer = readAnswer(message, this.#id);
    // A refusal need not be signed: who has no right to the zone has no right to a signature either.
    if (answer.rcode !== 0 && answer.tsigAt === null) throw refusal(answer.rcode);
    this.#tsig?.check(message, answer.tsigAt);
    if (answer.rcode !== 0) throw refusal(answer.rcode);
    this.#text.take(message, answer.records);
    if (this.ended) this.#tsig?.end();
  }
}

function refusal(rcode: number): Fault {
  return new Fault(rcode === 5 ? "refused" : rcode === 9 || rcode === 3 ? "not_served" : "failed", { rcode: RCODES[rcode] ?? String(rcode) });
}
