/** What a name no longer says once the last record of a kind that others rely on is gone. Pure. */
import { textOf } from "./record-bytes.js";
import type { RecordData, RecordName, ZoneRecord } from "./role.js";
import { isDmarc, isSpf } from "./spf.js";

export type LossKind = "address" | "mx" | "ns" | "spf" | "dmarc" | "dkim";

export interface Loss {
  kind: LossKind;
  name: RecordName;
}

/** Tells what goes with a record; null: nothing that others rely on, or another record still says it. */
export function lostWith({ name, data }: Pick<ZoneRecord, "name" | "data">, rest: readonly ZoneRecord[]): Loss | null {
  const kind = kindOf(data);
  if (kind === null || rest.some((other) => other.name === name && kindOf(other.data) === kind)) return null;
  return { kind, name };
}

function kindOf(data: RecordData): LossKind | null {
  if (data.type === "A" || data.type === "AAAA" || data.type === "CNAME") return "address";
  // RFC 7505: an MX without a target says that there is no mail.
  if (data.type === "MX") return data.target === "" ? null : "mx";
  if (data.type === "NS") return "ns";
  const text = data.type === "TXT" ? textOf(data.strings) : "";
  if (isSpf(text)) return "spf";
  if (isDmarc(text)) return "dmarc";
  return /^v=DKIM1\s*;/i.test(text) ? "dkim" : null;
}
