/** Signatures of transfers (RFC 8945): the question is signed with a shared key, and every answer is proven to come from who has it, whole and in order. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../../../core/secret.js";
import type { RecordName } from "../role.js";
import { Fault } from "./fault.js";
import { nameOfLabels } from "./names.js";
import { bytesOfName, readLabels } from "./wire.js";

export const TSIG_ALGORITHMS = ["hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha1"] as const;
export type TsigAlgorithm = (typeof TSIG_ALGORITHMS)[number];

export interface TsigKey {
  name: RecordName;
  algorithm: TsigAlgorithm;
  /** In base64. */
  secret: Secret;
}

const TYPE = 250;
const CLASS_ANY = 255;
const FUDGE_SECONDS = 300; // RFC 8945 §10
const ARCOUNT = 10;
const MAX_UNSIGNED = 99; // RFC 8945 §5.3.1

/** Signs one question and checks the answers to it, message by message. */
export class TsigExchange {
  readonly #key: TsigKey;
  readonly #now: () => Date;
  /** MAC of the message before: each signature holds the last one. */
  #last: Buffer = Buffer.alloc(0);
  #first = true;
  #unsigned: Buffer[] = [];

  constructor(key: TsigKey, now: () => Date) {
    this.#key = key;
    this.#now = now;
  }

  /** Gives the question with its signature at its end. */
  sign(message: Buffer): Buffer {
    const seconds = Math.floor(this.#now().getTime() / 1000);
    const timers = timersOf(seconds, FUDGE_SECONDS);
    this.#last = this.#mac([message, this.#variables(timers, 0, Buffer.alloc(0))]);
    const data = Buffer.concat([bytesOfName(this.#key.algorithm), timers, lengthed(this.#last), message.subarray(0, 2), short(0), short(0)]);
    const record = Buffer.concat([bytesOfName(this.#key.name), short(TYPE), short(CLASS_ANY), Buffer.alloc(4), lengthed(data)]);
    const signed = Buffer.concat([message, record]);
    signed.writeUInt16BE(message.readUInt16BE(ARCOUNT) + 1, ARCOUNT);
    return signed;
  }

  /** Checks an answer; throws when it is not signed as it must be. `tsigAt` is where its signature begins, null when it has none. */
  check(message: Buffer, tsigAt: number | null): void {
    if (tsigAt === null) {
      if (this.#first || this.#unsigned.length >= MAX_UNSIGNED) throw new Fault("tsig_missing");
      this.#unsigned.push(Buffer.from(message));
      return;
    }
    const tsig = readTsig(message, tsigAt);
    if (tsig.error !== 0) throw new Fault("tsig_error", { error: ERRORS[tsig.error] ?? String(tsig.error) });
    if (tsig.key !== this.#key.name || tsig.algorithm !== this.#key.algorithm) throw new Fault("tsig_wrong");
    const bare = Buffer.from(message.subarray(0, tsigAt));
    bare.writeUInt16BE(tsig.originalId, 0);
    bare.writeUInt16BE(message.readUInt16BE(ARCOUNT) - 1, ARCOUNT);
    const behind = this.#first ? this.#variables(tsig.timers, tsig.error, tsig.other) : tsig.timers;
    const expected = this.#mac([lengthed(this.#last), ...this.#unsigned, bare, behind]);
    if (expected.length !== tsig.mac.length || !timingSafeEqual(expected, tsig.mac)) throw new Fault("tsig_wrong");
    const drift = Math.abs(this.#now().getTime() / 1000 - tsig.seconds);
    if (drift > tsig.fudge) throw new Fault("tsig_error", { error: "BADTIME" });
    this.#last = tsig.mac;
    this.#first = false;
    this.#unsigned = [];
  }

  /** Throws when the last messages were not covered by any signature: the end must be signed. */
  end(): void {
    if (this.#first || this.#unsigned.length > 0) throw new Fault("tsig_missing");
  }

  #mac(parts: readonly Buffer[]): Buffer {
    const hmac = createHmac(this.#key.algorithm.replace("hmac-", ""), Buffer.from(this.#key.secret.reveal(), "base64"));
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  }

  /** RFC 8945 §4.3.3. */
  #variables(timers: Buffer, error: number, other: Buffer): Buffer {
    return Buffer.concat([
      bytesOfName(this.#key.name),
      short(CLASS_ANY),
      Buffer.alloc(4),
      bytesOfName(this.#key.algorithm),
      timers,
      short(error),
      lengthed(other),
    ]);
  }
}

const ERRORS: Readonly<Record<number, string>> = { 16: "BADSIG", 17: "BADKEY", 18: "BADTIME", 22: "BADTRUNC" };

interface Tsig {
  key: string;
  algorithm: string;
  timers: Buffer;
  seconds: number;
  fudge: number;
  mac: Buffer;
  originalId: number;
  error: number;
  other: Buffer;
}

function readTsig(message: Buffer, at: number): Tsig {
  const key = readLabels(message, at, true);
  const data = key.next + 10;
  if (message.length < data || message.readUInt16BE(key.next) !== TYPE) throw new Fault("bytes");
  const algorithm = readLabels(message, data, false);
  const time = algorithm.next;
  const macAt = time + 10;
  if (macAt > message.length) throw new Fault("bytes");
  const macEnd = macAt + message.readUInt16BE(time + 8);
  if (macEnd + 6 > message.length) throw new Fault("bytes");
  return {
    key: nameOfLabels(key.labels),
    algorithm: nameOfLabels(algorithm.labels),
    timers: message.subarray(time, time + 8),
    seconds: message.readUIntBE(time, 6),
    fudge: message.readUInt16BE(time + 6),
    mac: message.subarray(macAt, macEnd),
    originalId: message.readUInt16BE(macEnd),
    error: message.readUInt16BE(macEnd + 2),
    other: message.subarray(macEnd + 6, macEnd + 6 + message.readUInt16BE(macEnd + 4)),
  };
}

function timersOf(seconds: number, fudge: number): Buffer {
  const timers = Buffer.alloc(8);
  timers.writeUIntBE(seconds, 0, 6);
  timers.writeUInt16BE(fudge, 6);
  return timers;
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function lengthed(bytes: Buffer): Buffer {
  return Buffer.concat([short(bytes.length), bytes]);
}
