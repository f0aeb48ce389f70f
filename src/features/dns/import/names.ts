/** Names of a zone file: absolute or relative, with escapes, to what the rest of the panel trusts (RecordName). */
import * as tr46 from "tr46";
import { MAX_NAME } from "../record-names.js";
import type { RecordName } from "../role.js";
import { bytesOf, type Word } from "./entries.js";
import { Fault } from "./fault.js";

const MAX_LABEL = 63; // RFC 1035 §2.3.4
const MAX_WRITTEN = 4 * 255; // each byte as `\DDD`
const ROOT = "";
/** Letters, digits and hyphens of hosts (RFC 1123 §2.1), and the underscore of what is no host (RFC 8552). */
const LABEL = /^(?!-)[a-z0-9_-]+(?<!-)$/;

export interface ReadName {
  name: RecordName;
  /** Written in letters beyond ASCII: taken as its A-label. */
  idn: boolean;
  absolute: boolean;
}

/** Reads a name below `origin`; an origin of null, after a `$ORIGIN` that could not be read, leaves relative names without meaning. The root is "". */
export function readName(word: Word, origin: RecordName | null): ReadName {
  if (word.quoted) throw new Fault("name", { name: word.text });
  if (word.text === "@") return { name: below(origin), idn: false, absolute: false };
  if (word.text === ".") return { name: ROOT, idn: false, absolute: true };
  if (word.text.length > MAX_WRITTEN) throw new Fault("name_long", { name: word.text });
  const labels = splitLabels(word.text);
  const absolute = labels.at(-1) === "";
  if (absolute) labels.pop();
  const read = labels.map((label, index) => readLabel(label, index, word.text));
  const parent = absolute ? ROOT : below(origin);
  const name = [...read.map(({ label }) => label), ...(parent === ROOT ? [] : [parent])].join(".");
  return { name: checkedName(name), idn: read.some(({ idn }) => idn), absolute };
}

/** Makes a name of labels as answers carry them; "" for the root. */
export function nameOfLabels(labels: readonly Buffer[]): RecordName {
  const name = labels.map((bytes, index) => checkedLabel(bytes.toString("latin1").toLowerCase(), index, bytes.toString())).join(".");
  return checkedName(name);
}

function below(origin: RecordName | null): RecordName {
  if (origin === null) throw new Fault("origin_unknown");
  return origin;
}

/** Splits at the dots that are not escaped. */
function splitLabels(text: string): string[] {
  const labels = [""];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === ".") labels.push("");
    else labels[labels.length - 1] += char === "\\" ? char + (text[++at] ?? "") : char;
  }
  return labels;
}

function readLabel(raw: string, index: number, whole: string): { label: string; idn: boolean } {
  const bytes = bytesOf({ text: raw, quoted: false });
  if (bytes.every((byte) => byte < 0x80)) return { label: checkedLabel(bytes.toString("latin1").toLowerCase(), index, whole), idn: false };
  const label = tr46.toASCII(bytes.toString(), { checkBidi: true, checkJoiners: true, checkHyphens: false, useSTD3ASCIIRules: false });
  if (!label || label.includes(".")) throw new Fault("name", { name: whole });
  return { label: checkedLabel(label, index, whole), idn: true };
}

function checkedLabel(label: string, index: number, whole: string): string {
  if (label === "*" && index === 0) return label; // RFC 4592: only there it stands for others
  if (label === "") throw new Fault("name", { name: whole });
  if (!LABEL.test(label)) throw new Fault("name_characters", { name: whole });
  if (label.length > MAX_LABEL) throw new Fault("label_long", { name: whole });
  return label;
}

function checkedName(name: string): RecordName {
  if (name.length > MAX_NAME) throw new Fault("name_long", { name });
  return name;
}
