/** A record's data as one line: what people read, copy and search, and what stands in a zone file. Pure. */
import { quoted, textOf } from "./record-bytes.js";
import { shownName } from "./record-names.js";
import type { RecordData, RecordName } from "./role.js";

/** Writes the data in presentation form, names absolute with their last dot: the same data, the same text. */
export function presentationOf(data: RecordData): string {
  switch (data.type) {
    case "A":
    case "AAAA":
      return data.address;
    case "CNAME":
    case "NS":
    case "PTR":
      return dotted(data.target);
    case "MX":
      return `${data.priority} ${dotted(data.target)}`;
    case "TXT":
      return data.strings.map(quoted).join(" ");
    case "SRV":
      return `${data.priority} ${data.weight} ${data.port} ${dotted(data.target)}`;
    case "CAA":
      return `${data.flags} ${data.tag} ${quoted(data.value)}`;
    case "TLSA":
      return `${data.usage} ${data.selector} ${data.matching} ${data.certificate}`;
    case "SSHFP":
      return `${data.algorithm} ${data.digest} ${data.fingerprint}`;
    case "DS":
      return `${data.tag} ${data.algorithm} ${data.digestType} ${data.digest}`;
    case "SVCB":
    case "HTTPS":
      return [data.priority, dotted(data.target), ...data.params.map(paramText)].join(" ");
  }
}

/** Gives the data as a table shows them: names and texts in letters that people read. */
export function shownData(data: RecordData): string {
  switch (data.type) {
    case "TXT":
      return shownText(data.strings);
    case "CNAME":
    case "NS":
    case "PTR":
      return shownName(data.target);
    case "MX":
      return `${data.priority} ${shownTarget(data.target)}`;
    case "SRV":
      return `${data.priority} ${data.weight} ${data.port} ${shownTarget(data.target)}`;
    default:
      return presentationOf(data);
  }
}

/** Gives the text of a TXT record, or its quoted form where it is no text that can be shown. */
export function shownText(strings: readonly string[]): string {
  const text = textOf(strings);
  const same = Buffer.from(text, "utf8").toString("hex") === strings.join("");
  return same && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) ? text : strings.map(quoted).join(" ");
}

function shownTarget(target: RecordName): string {
  return target === "" ? "." : shownName(target);
}

function paramText({ key, value }: { key: string; value: string | null }): string {
  return value === null ? key : `${key}="${value}"`;
}

function dotted(name: RecordName): string {
  return `${name}.`;
}
