/** Parameters of SVCB and HTTPS records (RFC 9460): which keys there are, and what their values may be. Pure. */
import { isIPv4 } from "node:net";
import type { ErrorData } from "../../core/errors.js";
import { plainIpv6 } from "./addresses.js";

export interface SvcParam {
  key: string;
  value: string | null;
}

/** IANA's registry of service parameter keys, by number: what is written in this order needs no sorting on the wire. */
export const KEYS: readonly string[] = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];
const NUMBERED = /^key(0|[1-9]\d{0,4})$/;
const MAX_KEY = 65_534;
const MAX_VALUE = 1000;
const MAX_PORT = 65_535;
const FLAGS = ["no-default-alpn", "ohttp"];
const ALPN = /^[A-Za-z0-9./_-]{1,32}(,[A-Za-z0-9./_-]{1,32})*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const DOH_PATH = /^\/[A-Za-z0-9/._~-]*\{\?dns\}$/;
/** Of a key that we do not know: letters that mean nothing in a zone file. */
const PLAIN = /^[A-Za-z0-9+/=.,:_~{}?&-]*$/;

/** Splits what was typed, `alpn=h2,h3 port=8443`; null where it is no list of parameters. */
export function parseParams(typed: string): SvcParam[] | null {
  const params: SvcParam[] = [];
  for (const word of typed.split(/[ ]+/).filter(Boolean)) {
    const [, key = "", , quoted, bare] = /^([a-z0-9-]{1,20})(=(?:"([^"\\]*)"|([^"\\]*)))?$/.exec(word.replace(/^[^=]+/, (name) => name.toLowerCase())) ?? [];
    if (key === "") return null;
    params.push({ key, value: quoted ?? bare ?? null });
  }
  return inKeyOrder(params);
}

/** Sorts parameters by the number of their key. */
export function inKeyOrder(params: readonly SvcParam[]): SvcParam[] {
  return [...params].sort((a, b) => numberOf(a.key) - numberOf(b.key));
}

/** Lists what is wrong with the parameters. */
export function checkParams(priority: number, params: readonly SvcParam[]): { code: string; data: ErrorData }[] {
  const faults: { code: string; data: ErrorData }[] = [];
  // RFC 9460 §2.4.2: an alias has no parameters of its own.
  if (priority === 0 && params.length > 0) faults.push({ code: "svcb_alias_params", data: {} });
  const keys = params.map(({ key }) => key);
  for (const { key, value } of params) {
    if (keys.indexOf(key) !== keys.lastIndexOf(key)) faults.push({ code: "svcb_key_twice", data: { key: key.slice(0, 20) } });
    else if (numberOf(key) < 0) faults.push({ code: "svcb_key_unknown", data: { key: key.slice(0, 20) } });
    else if (!soundValue(key, value, keys)) faults.push({ code: "svcb_value_invalid", data: { key } });
  }
  if (keys.includes("no-default-alpn") && !keys.includes("alpn")) faults.push({ code: "svcb_needs_alpn", data: {} });
  return faults;
}

function numberOf(key: string): number {
  const known = KEYS.indexOf(key);
  if (known >= 0) return known;
  const number = Number(NUMBERED.exec(key)?.[1] ?? Number.NaN);
  return number >= KEYS.length && number <= MAX_KEY ? number : -1;
}

function soundValue(key: string, value: string | null, keys: readonly string[]): boolean {
  if (FLAGS.includes(key)) return value === null;
  if (value === null) return NUMBERED.test(key);
  if (value.length > MAX_VALUE || !PLAIN.test(value)) return false;
  const list = value.split(",");
  switch (key) {
    case "mandatory":
      return list.every((one) => one !== "mandatory" && keys.includes(one)) && new Set(list).size === list.length;
    case "alpn":
      return ALPN.test(value);
    case "port":
      return /^\d{1,5}$/.test(value) && Number(value) <= MAX_PORT;
    case "ipv4hint":
      return list.every((one) => isIPv4(one));
    case "ipv6hint":
      return list.every((one) => plainIpv6(one) === one);
    case "ech":
      return BASE64.test(value) && value.length % 4 === 0;
    case "dohpath":
      return DOH_PATH.test(value);
    default:
      return true;
  }
}
