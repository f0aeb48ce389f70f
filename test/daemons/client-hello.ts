/** A ClientHello of our own making, so that a server name can be any bytes; answered in TLS 1.2, where the certificate is still in the clear. */
import { randomBytes, X509Certificate } from "node:crypto";
import { connect } from "node:net";

const ALERT = 21;
const HANDSHAKE = 22;
const CERTIFICATE = 11;
const SERVER_HELLO_DONE = 14;
const ANSWER_SECONDS = 60;

const u8 = (value: number): Buffer => Buffer.from([value & 0xff]);
const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const u24 = (value: number): Buffer => Buffer.from([(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const sized16 = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u16(body.length), body]);
};
const extension = (type: number, ...parts: Buffer[]): Buffer => Buffer.concat([u16(type), sized16(...parts)]);

/** The body of the server_name extension (RFC 6066 §3) for a name; null: no extension at all. */
export const serverName = (name: Buffer | string): Buffer => sized16(u8(0), sized16(Buffer.from(name)));

/** A TLS 1.2 ClientHello with this server_name extension. */
export function clientHello(sni: Buffer | null): Buffer {
  // ECDHE-ECDSA and -RSA with AES-128-GCM
  const suites = Buffer.from([0xc0, 0x2b, 0xc0, 0x2f]);
  const extensions = [
    ...(sni === null ? [] : [extension(0, sni)]),
    extension(10, sized16(u16(0x001d), u16(0x0017))),
    extension(11, u8(1), u8(0)),
    extension(13, sized16(u16(0x0403), u16(0x0804), u16(0x0401))),
  ];
  const body = Buffer.concat([u16(0x0303), randomBytes(32), u8(0), sized16(suites), u8(1), u8(0), sized16(...extensions)]);
  const message = Buffer.concat([u8(1), u24(body.length), body]);
  return Buffer.concat([u8(HANDSHAKE), u16(0x0301), sized16(message)]);
}

/** Sends a ClientHello and tells the answer: `alert <number>`, `closed`, or the common name of the first certificate. */
export function greet(port: number, sni: Buffer | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let seen = Buffer.alloc(0);
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_SECONDS * 1000, () => socket.destroy(new Error(`no answer in ${ANSWER_SECONDS} s`)));
    socket.once("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? end("closed") : reject(error)));
    socket.once("end", () => end("closed"));
    socket.on("data", (chunk) => {
      seen = Buffer.concat([seen, chunk as Buffer]);
      const answer = read(seen);
      if (answer !== null) end(answer);
    });
    socket.write(clientHello(sni));
  });
}

/** Reads records as far as they have come; null: not yet enough. */
function read(bytes: Buffer): string | null {
  let handshake = Buffer.alloc(0);
  for (let at = 0; at + 5 <= bytes.length; ) {
    const [type, length] = [bytes.readUInt8(at), bytes.readUInt16BE(at + 3)];
    const record = bytes.subarray(at + 5, at + 5 + length);
    if (record.length < length) break;
    if (type === ALERT) return `alert ${record.readUInt8(1)}`;
    if (type === HANDSHAKE) handshake = Buffer.concat([handshake, record]);
    at += 5 + length;
  }
  for (let at = 0; at + 4 <= handshake.length; ) {
    const [type, length] = [handshake.readUInt8(at), handshake.readUIntBE(at + 1, 3)];
    const body = handshake.subarray(at + 4, at + 4 + length);
    if (body.length < length) return null;
    if (type === CERTIFICATE) return /CN=([^\n]*)/.exec(new X509Certificate(body.subarray(6, 6 + body.readUIntBE(3, 3))).subject)?.[1] ?? "no name";
    if (type === SERVER_HELLO_DONE) return "no certificate";
    at += 4 + length;
  }
  return null;
}
