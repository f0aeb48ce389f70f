/** What each type's data must be, by its RFC. Everything passes here: forms, programs, imports, and rows as they are read back. Pure. */
import { isIPv4, isIPv6 } from "node:net";
import type { FieldError } from "../../core/errors.js";
import { plainIpv6 } from "./addresses.js";
import { byteLength, MAX_STRING } from "./record-bytes.js";
import { isHostName, isRecordName } from "./record-names.js";
import { DIGEST_BYTES, keeps, NUMBER_RULES, RECORD_FIELDS } from "./record-types.js";
import type { RecordData } from "./role.js";
import { checkParams } from "./svcb-params.js";

/** All strings of one TXT record together: far above any key in use, far below what an answer over UDP bears. */
export const MAX_TXT_BYTES = 4096;
const MAX_HEX_BYTES = 2048;
const MAX_CAA_BYTES = 255;
const HEX = /^([0-9a-f]{2})+$/;
const HEX_OR_NONE = /^([0-9a-f]{2})*$/;
const CAA_TAG = /^[a-z0-9]{1,15}$/;
/** Tags whose value names a certificate authority (RFC 8659 §4.2, RFC 9495). */
const CAA_ISSUERS = ["issue", "issuewild", "issuemail"];
const CAA_ISSUER = /^ *([a-z0-9-]+(\.[a-z0-9-]+)*)? *(; *([a-z0-9-]+=[!-:<-~]*)?( *; *[a-z0-9-]+=[!-:<-~]*)* *)?$/i;
const CAA_URL = /^(mailto:[!-~]+@[!-~]+|https?:\/\/[!-~]+)$/;

/** Lists what is wrong with a record's data, at the field of its form; an empty list: it may be served. */
export function checkData(data: RecordData): FieldError[] {
  const faults: FieldError[] = numberFaults(data);
  const fault = (field: string, code: string, values: FieldError["data"] = {}) => void faults.push({ field, code: `dns.${code}`, data: values });
  switch (data.type) {
    case "A":
      if (!isIPv4(data.address)) fault("address", "ipv4_invalid");
      break;
    case "AAAA":
      if (!isIPv6(data.address) || data.address !== plainIpv6(data.address)) fault("address", "ipv6_invalid");
      break;
    case "CNAME":
    case "PTR":
      if (!isTarget(data.target)) fault("target", "target_invalid");
      break;
    case "NS":
      if (!isHostName(data.target)) fault("target", "target_no_host");
      break;
    case "MX":
    case "SRV":
      // RFC 7505, RFC 2782: an empty name says that there is no such service.
      if (data.target !== "" && !isHostName(data.target)) fault("target", "target_no_host");
      break;
    case "TXT":
      checkStrings(data.strings, fault);
      break;
    case "CAA":
      checkCaa(data, fault);
      break;
    case "DS":
      checkDigest(data.digest, DIGEST_BYTES.DS?.[data.digestType], "digest", fault);
      break;
    case "TLSA":
      checkDigest(data.certificate, DIGEST_BYTES.TLSA?.[data.matching], "certificate", fault);
      break;
    case "SSHFP":
      checkDigest(data.fingerprint, DIGEST_BYTES.SSHFP?.[data.digest], "fingerprint", fault);
      break;
    case "SVCB":
    case "HTTPS":
      if (data.target !== "" && !isTarget(data.target)) fault("target", "target_invalid");
      for (const one of checkParams(data.priority, data.params)) fault("params", one.code, one.data);
      break;
  }
  return faults;
}

type Fault = (field: string, code: string, data?: FieldError["data"]) => void;

function isTarget(name: string): boolean {
  return isRecordName(name) && !name.startsWith("*");
}

/** Lists the numbers that are out of their range. */
export function numberFaults(data: RecordData): FieldError[] {
  const rules = NUMBER_RULES[data.type] ?? {};
  const values = data as unknown as Record<string, unknown>;
  const wrong = RECORD_FIELDS[data.type].filter((field) => rules[field] && !keeps(rules[field], values[field] as number));
  return wrong.map((field): FieldError => {
    const rule = rules[field];
    if (rule && "of" in rule) return { field, code: "dns.number_choice", data: { choices: rule.of.join(", ") } };
    return { field, code: "dns.number_range", data: { min: rule?.min ?? 0, max: rule?.max ?? 0 } };
  });
}

function checkStrings(strings: readonly string[], fault: Fault): void {
  const sound = strings.length > 0 && strings.every((one) => HEX_OR_NONE.test(one) && byteLength(one) <= MAX_STRING);
  if (!sound) {
    fault("text", "text_invalid");
    return;
  }
  const bytes = strings.reduce((sum, one) => sum + byteLength(one), 0);
  if (bytes === 0) fault("text", "text_missing");
  if (bytes > MAX_TXT_BYTES) fault("text", "text_long", { max: MAX_TXT_BYTES, bytes });
}

function checkCaa({ tag, value }: { tag: string; value: string }, fault: Fault): void {
  if (!CAA_TAG.test(tag)) fault("tag", "caa_tag_invalid");
  if (!HEX_OR_NONE.test(value) || byteLength(value) > MAX_CAA_BYTES) {
    fault("value", "caa_value_invalid");
    return;
  }
  const text = Buffer.from(value, "hex").toString("latin1");
  if (!/^[ -~]*$/.test(text)) {
    fault("value", "caa_value_invalid");
    return;
  }
  if (CAA_ISSUERS.includes(tag) && !CAA_ISSUER.test(text)) fault("value", "caa_issuer_invalid");
  if (tag === "iodef" && !CAA_URL.test(text)) fault("value", "caa_iodef_invalid");
}

function checkDigest(hex: string, bytes: number | undefined, field: string, fault: Fault): void {
  if (!HEX.test(hex)) {
    fault(field, "hex_invalid");
    return;
  }
  if (bytes !== undefined && byteLength(hex) !== bytes) {
    fault(field, "hex_length", { bytes, given: byteLength(hex) });
    return;
  }
  if (byteLength(hex) > MAX_HEX_BYTES) fault(field, "hex_long", { max: MAX_HEX_BYTES });
}
