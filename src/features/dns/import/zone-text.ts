/** Records as a zone file: absolute names, one line each, so that any reader of zone files takes them alike. */
import { presentationOf } from "../record-text.js";
import type { ZoneRecord } from "../role.js";

/** Writes a record on one line, with its TTL where it has one. */
export function recordText({ name, ttl, data }: ZoneRecord): string {
  return [`${name}.`, ...(ttl === null ? [] : [ttl]), "IN", data.type, presentationOf(data)].join(" ");
}
