/** PNG files packed harder than a browser does, with the same picture in them. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE_BYTES = 8;
/** Length and name before a chunk's data, a checksum after it. PNG, third edition, §5.3. */
const HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;

interface Chunk {
  name: string;
  data: Buffer;
}

/** Gives the same picture, deflated as far as zlib can and without row filters, which help photographs and hurt flat screens. */
export function packPng(png: Buffer): Buffer {
  const chunks = readChunks(png);
  const pixels = inflateSync(Buffer.concat(chunks.filter(({ name }) => name === "IDAT").map(({ data }) => data)));
  const packed: Chunk = { name: "IDAT", data: deflateSync(unfilter(pixels, rowOf(chunks)), { level: 9, memLevel: 9 }) };
  const others = chunks.filter(({ name }) => name !== "IDAT");
  const ordered = [...others.slice(0, -1), packed, ...others.slice(-1)];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...ordered.map(writeChunk)]);
}

function readChunks(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const start = at + HEAD_BYTES;
    chunks.push({ name: png.toString("latin1", at + 4, start), data: png.subarray(start, start + length) });
    at = start + length + CHECKSUM_BYTES;
  }
  return chunks;
}

function writeChunk({ name, data }: Chunk): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(data.length);
  head.write(name, 4, "latin1");
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(data, crc32(head.subarray(4))));
  return Buffer.concat([head, data, checksum]);
}

interface Row {
  /** Without the filter's byte that stands before each row. */
  bytes: number;
  pixel: number;
}

/** Eight bits a channel, three channels or four: what browsers write. */
function rowOf([header]: Chunk[]): Row {
  const data = header?.data ?? Buffer.alloc(0);
  const pixel = data[9] === 6 ? 4 : 3;
  if (data[8] !== 8 || (data[9] !== 2 && data[9] !== 6)) throw new Error("not a picture that a browser wrote");
  return { bytes: data.readUInt32BE(0) * pixel, pixel };
}

/** Undoes each row's filter (§9.2) and marks it as unfiltered. */
function unfilter(filtered: Buffer, { bytes, pixel }: Row): Buffer {
  const plain = Buffer.alloc(filtered.length);
  const stride = bytes + 1;
  for (let start = 0; start < filtered.length; start += stride) {
    const filter = filtered[start] ?? 0;
    for (let i = 1; i <= bytes; i += 1) {
      const left = i > pixel ? (plain[start + i - pixel] ?? 0) : 0;
      const above = start > 0 ? (plain[start - stride + i] ?? 0) : 0;
      const corner = start > 0 && i > pixel ? (plain[start - stride + i - pixel] ?? 0) : 0;
      plain[start + i] = (filtered[start + i] ?? 0) + guess(filter, left, above, corner);
    }
  }
  return plain;
}

function guess(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const whole = left + above - corner;
  const [a, b, c] = [Math.abs(whole - left), Math.abs(whole - above), Math.abs(whole - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
