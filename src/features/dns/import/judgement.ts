/** What our own rules say of each record that was read, before it meets the zone: left out, refused, or taken with another TTL. Pure. */
import type { FieldError } from "../../../core/errors.js";
import { checkData } from "../record-data.js";
import { TTL_SECONDS } from "../record-types.js";
import { PROBE_LABEL, type RecordName } from "../role.js";
import type { Finding, ReadRecord, ZoneFile } from "./zone-file.js";

export interface Judged {
  records: ReadRecord[];
  /** Those of the reader and these, by line. */
  findings: Finding[];
}

/** Judges what was read for `zone`, whose own TTL is `zoneTtl`. */
export function judge({ records, findings }: ZoneFile, zone: RecordName, zoneTtl: number): Judged {
  const taken: ReadRecord[] = [];
  const said: Finding[] = [...findings];
  for (const { line, record } of records) {
    const say = (outcome: Finding["outcome"], code: string, data: Finding["data"] = {}) => void said.push({ line, outcome, code, data });
    const { name, data } = record;
    const [fault] = checkData(data);
    if (data.type === "NS" && name === zone) say("left", "apex_ns", { target: data.target });
    // RFC 1034 §3.6.2, RFC 4034 §5: beside the SOA and the NS of the top neither can stand.
    else if (data.type === "CNAME" && name === zone) say("refused", "dns.cname_at_apex", { name });
    else if (data.type === "DS" && name === zone) say("refused", "dns.ds_at_apex");
    else if (name === `${PROBE_LABEL}.${zone}`) say("left", "probe");
    else if (fault) say("refused", fault.code, valuesOf(fault));
    else {
      const ttl = record.ttl === null ? null : Math.min(Math.max(record.ttl, TTL_SECONDS.min), TTL_SECONDS.max);
      if (ttl !== null && record.ttl !== null && ttl !== record.ttl)
        say("changed", ttl > record.ttl ? "ttl_raised" : "ttl_lowered", { ttl, written: record.ttl });
      taken.push({ line, record: { ...record, ttl: ttl === zoneTtl ? null : ttl } });
    }
  }
  return { records: taken, findings: said.sort((a, b) => a.line - b.line) };
}

function valuesOf({ data = {} }: FieldError): Finding["data"] {
  return data;
}
