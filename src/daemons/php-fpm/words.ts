/** Writers for FPM's ini syntax: each takes what fits its place and refuses the rest, so no value can become a line or a directive. */
import { refuse } from "../../publish/words.js";

export { accountNumber, decimal } from "../../publish/words.js";

/** Writes one word without any of ini's signs: versions, socket names, envelopes, hashes. */
export function plainWord(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/.test(value)) refuse("plain word", value);
  return value;
}

/**
 * Writes the name of a socket's file. FPM cuts an address that the kernel finds too long (108 bytes) and listens elsewhere, and two pools that listen
 * at one address, as at the master's own `keeper.sock`, keep the whole master from starting.
 */
export function socketName(value: string): string {
  if (!/^[a-z0-9]{1,64}\.sock$/.test(value) || value === "keeper.sock") refuse("name of a socket", value);
  return value;
}

/** Writes one segment of a file's path: apply takes no sign that a plain word may hold besides. */
export function segment(value: string): string {
  if (!/^[a-z0-9][A-Za-z0-9._-]*$/.test(value)) refuse("segment of a path", value);
  return value;
}

/** Writes an absolute path of a home. `:` would end it inside open_basedir, `$` and quotes mean something to the parser. */
export function poolPath(value: string): string {
  if (!/^(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(value)) refuse("path of a home", value);
  return value;
}
