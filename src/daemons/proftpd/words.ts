/** Writers for the lines of an account's logins: each takes what fits its place and refuses the rest. */
import { decimal, refuse } from "../../publish/words.js";

export { accountNumber } from "../../publish/words.js";

const MAX_LOGIN = 100;
const MAX_FOLDER_BYTES = 1000;
const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** Longest line of a public key that anybody uses: RSA of 16 384 bits has 2 800 characters. */
const MAX_KEY = 4000;
const KEY_TYPES = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
/** crypt(5): SHA-512, SHA-256, yescrypt, bcrypt. */
const CRYPT = [
  /^\$6\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$/,
  /^\$5\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}$/,
  /^\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}$/,
  /^\$2[by]\$[0-9]{2}\$[./A-Za-z0-9]{53}$/,
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** Writes the name of a login. */
export function loginName(value: string): string {
  if (value.length > MAX_LOGIN || !/^[a-z0-9][a-z0-9._@-]*$/.test(value)) refuse("name of a login", value);
  return value;
}

/** Writes a hash that Debian's crypt(3) verifies; an empty one would let everybody in. */
export function cryptHash(value: string): string {
  if (!CRYPT.some((form) => form.test(value))) refuse("crypt hash", "…");
  return value;
}

/** Writes the hash of a unit, which opens its probe; nothing while it is not known. */
export function probeHash(value: string): string {
  if (!/^[0-9a-f]{64}$/.test(value)) refuse("hash of a unit", value);
  return value;
}

/** Writes a time in seconds since 1970, or `-` for never. */
export function expiry(value: number | null): string {
  return value === null ? "-" : decimal(value);
}

/** Writes a folder as the rest of a line: the home or whole segments below it. `:` would end it in the user file. */
export function folderIn(home: string, value: string): string {
  if (!/^(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(home)) refuse("path of a home", home);
  const inside = value === home || value.startsWith(`${home}/`);
  const odd = value.split("/").some((segment, index) => index > 0 && (segment === "" || segment === "." || segment === ".." || /^\s|\s$/.test(segment)));
  if (!inside || odd || /[:\\]/.test(value) || CONTROL.test(value) || Buffer.byteLength(value) > MAX_FOLDER_BYTES) refuse("folder below its home", value);
  return value;
}

/** Writes a network as mod_wrap2 reads it: IPv4 with its mask (one address without: it takes 255.255.255.255 for an error), IPv6 in brackets with its length. */
export function network(value: string): string {
  const [address = "", length = "", ...rest] = value.split("/");
  const bits = /^(?:0|[1-9][0-9]{0,2})$/.test(length) ? Number(length) : -1;
  if (rest.length > 0 || bits < 0) refuse("network", value);
  if (address.includes(":")) return `[${ipv6(address, bits, value)}]/${bits}`;
  return bits === IPV4_BITS ? ipv4(address, bits, value) : `${ipv4(address, bits, value)}/${dotted(mask(bits))}`;
}

function ipv4(address: string, bits: number, whole: string): string {
  const parts = address.split(".").map((part) => (/^(?:0|[1-9][0-9]{0,2})$/.test(part) ? Number(part) : -1));
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  // A network with bits of a host in it would match nobody.
  if (parts.length !== 4 || bits > IPV4_BITS || parts.some((part) => part < 0 || part > 255) || (number & ~mask(bits)) !== 0) refuse("network", whole);
  return address;
}

function ipv6(address: string, bits: number, whole: string): string {
  if (bits > IPV6_BITS || !/^[0-9a-f:]{2,39}$/.test(address) || !URL.canParse(`http://[${address}]/`)) refuse("network", whole);
  return address;
}

/** The first bits of 32, as a number of 32 bits. */
function mask(bits: number): number {
  return bits === 0 ? 0 : -1 << (IPV4_BITS - bits);
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

/** Writes the base64 of a public key, which says its own type. */
export function keyBlob(value: string): string {
  const [type = "", blob = "", ...rest] = value.split(" ");
  const bytes = Buffer.from(blob, "base64");
  const says = bytes.length > 4 ? bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1") : "";
  const fits = value.length <= MAX_KEY && rest.length === 0 && KEY_TYPES.includes(type) && says === type && bytes.toString("base64") === blob;
  if (!fits) refuse("public key", value.slice(0, 40));
  return blob;
}
