/** IP addresses as bytes, to the one form in which they are kept. */
import { plainIpv6 } from "../addresses.js";
import { Fault } from "./fault.js";

/** Gives the text of sixteen bytes. */
export function ipv6OfBytes(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  const plain = plainIpv6(groups.join(":"));
  if (plain === null) throw new Fault("bytes");
  return plain;
}
