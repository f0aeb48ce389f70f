/** The few lines of FastCGI (specification 1.0, §3) that ask one question of a pool's socket. */
import { connect } from "node:net";

const BEGIN = 1,
  PARAMS = 4,
  STDIN = 5,
  STDOUT = 6,
  STDERR = 7;

function record(type: number, body: Buffer): Buffer {
  const head = Buffer.from([1, type, 0, 1, body.length >> 8, body.length & 255, 0, 0]);
  return Buffer.concat([head, body]);
}

function pair(name: string, value: string): Buffer {
  const [a, b] = [Buffer.from(name), Buffer.from(value)];
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE((a.length | 0x80000000) >>> 0, 0);
  lengths.writeUInt32BE((b.length | 0x80000000) >>> 0, 4);
  return Buffer.concat([lengths, a, b]);
}

export interface FastcgiAnswer {
  head: string;
  body: string;
  errors: string;
}

/** Sends one request; fails when the connection does. */
export function askPool(socket: string, params: Record<string, string>, body: Buffer = Buffer.alloc(0)): Promise<FastcgiAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const connection = connect(socket);
    connection.setTimeout(60_000, () => connection.destroy(new Error("no answer in 60 s")));
    connection.once("error", reject);
    connection.on("data", (chunk) => chunks.push(chunk as Buffer));
    connection.once("end", () => resolve(parse(Buffer.concat(chunks))));
    const all = { GATEWAY_INTERFACE: "CGI/1.1", REQUEST_METHOD: "GET", ...params };
    connection.write(record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])));
    connection.write(record(PARAMS, Buffer.concat(Object.entries(all).map(([name, value]) => pair(name, value)))));
    connection.write(record(PARAMS, Buffer.alloc(0)));
    for (let at = 0; at < body.length; at += 65_000) connection.write(record(STDIN, body.subarray(at, at + 65_000)));
    connection.write(record(STDIN, Buffer.alloc(0)));
  });
}

function parse(data: Buffer): FastcgiAnswer {
  let out = "";
  let errors = "";
  for (let at = 0; at + 8 <= data.length; ) {
    const length = data.readUInt16BE(at + 4);
    const text = data.subarray(at + 8, at + 8 + length).toString("utf8");
    if (data[at + 1] === STDOUT) out += text;
    if (data[at + 1] === STDERR) errors += text;
    at += 8 + length + (data[at + 6] ?? 0);
  }
  const split = out.indexOf("\r\n\r\n");
  return { head: out.slice(0, split), body: out.slice(split + 4), errors };
}
