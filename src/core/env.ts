/** Settings of the program: the environment, over a file of `NAME=value` lines that MUTU_CONFIG names (default /etc/mutu/panel.conf). */
import { existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type KeyRing, parseKeyRing, Secret } from "./secret.js";

const DEFAULT_FILE = "/etc/mutu/panel.conf";
const OTHERS_MAY_READ = 0o077;

export interface Env {
  /** `trial` and `test` allow the suffixes localhost and test, and weak neighbours. */
  mode: "production" | "trial" | "test";
  /** file:… or postgresql://… (which may hold a password). */
  databaseUrl: Secret;
  /** Where people reach the panel, without a slash at the end: links are built from this, never from a Host header. */
  origin: string;
  listen: { host: string; port: number };
  /** PEM files of the panel's own HTTPS; null: plain HTTP behind the fixed nginx of the control machine, on loopback only. */
  tls: { certificate: string; key: string } | null;
  /** Addresses whose X-Forwarded-For counts (SECURITY.md 16). */
  trustedProxies: string[];
  /** The panel's own folder: contents of releases, keys of hosts. */
  state: string;
  /** Keys that seal secrets in the database. */
  keys: KeyRing;
  /** Language of people who have not chosen. */
  language: "fr" | "en";
  logLevel: string;
  /** Names that belong to the panel and its machines: no member may add them. */
  ownNames: string[];
  /** Everything else that was given as MUTU_…, for one reader each: `env.extra("MUTU_ACME_URL")`. */
  extra(name: string): string | null;
}

/** Reads the settings; every fault of them is told at once, with the name to mend. */
export function readEnv(environment: NodeJS.ProcessEnv = process.env): Env {
  const given = { ...fileValues(environment), ...environment };
  const faults: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = given[name] || fallback;
    if (value === undefined) faults.push(`${name} is missing`);
    return value ?? "";
  };
  const check = <T>(name: string, value: string, parse: (value: string) => T | null, wanted: string): T => {
    const parsed = value === "" ? null : parse(value);
    if (parsed === null && value !== "") faults.push(`${name} must be ${wanted}`);
    return parsed as T;
  };

  const mode = check("MUTU_MODE", text("MUTU_MODE", "production"), oneOf("production", "trial", "test"), "production, trial or test");
  const state = resolve(text("MUTU_STATE", mode === "production" ? "/var/lib/mutu-panel" : "var/state"));
  const databaseUrl = check("MUTU_DATABASE", text("MUTU_DATABASE", `file:${join(state, "mutu.db")}`), parseDatabase, "file:/path or postgresql://…");
  const origin = check("MUTU_ORIGIN", text("MUTU_ORIGIN"), parseOrigin, "an address like https://secure.example.org");
  const listen = check("MUTU_LISTEN", text("MUTU_LISTEN", "127.0.0.1:8443"), parseListen, "address:port");
  const language = check("MUTU_LANGUAGE", text("MUTU_LANGUAGE", "fr"), oneOf("fr", "en"), "fr or en");
  const levels = oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent");
  const logLevel = check("MUTU_LOG_LEVEL", text("MUTU_LOG_LEVEL", "info"), levels, "a level of pino");
  const tls = tlsFiles(given, faults);
  const keys = readKeys(text("MUTU_KEYS", join(state, "keys")), faults);
  if (faults.length > 0) throw new Error(`the settings cannot be used:\n  ${faults.join("\n  ")}`);

  return {
    mode,
    databaseUrl: new Secret(databaseUrl),
    origin,
    listen,
    tls,
    trustedProxies: list(given["MUTU_TRUSTED_PROXIES"]),
    state,
    keys,
    language,
    logLevel,
    ownNames: [...new Set([new URL(origin).hostname, ...list(given["MUTU_OWN_NAMES"])])].sort(),
    extra: (name) => given[name] || null,
  };
}

function fileValues(environment: NodeJS.ProcessEnv): Record<string, string> {
  const named = environment["MUTU_CONFIG"];
  const file = named || DEFAULT_FILE;
  if (!named && !existsSync(file)) return {};
  const values: Record<string, string> = {};
  for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, value] = /^(MUTU_[A-Z0-9_]+)=(.*)$/.exec(line.trimEnd()) ?? [];
    if (name === undefined || value === undefined) throw new Error(`${file}, line ${index + 1}: not NAME=value with a name that begins with MUTU_`);
    values[name] = value;
  }
  return values;
}

function readKeys(file: string, faults: string[]): KeyRing {
  const empty: KeyRing = { current: "", keys: new Map() };
  try {
    const mode = statSync(file).mode;
    if (mode & OTHERS_MAY_READ) {
      faults.push(`MUTU_KEYS: ${file} can be read by others: chmod 600 it, and make new keys if someone may have read it`);
      return empty;
    }
    return followKeyFile(file, parseKeyRing(readFileSync(file, "utf8")));
  } catch (error) {
    faults.push(`MUTU_KEYS: ${file}: ${(error as Error).message}`);
    return empty;
  }
}

/** Gives a ring that follows its file: one look at its date before anything is sealed, and when a key is missed. A file that cannot be read changes nothing. */
function followKeyFile(file: string, ring: KeyRing): KeyRing {
  const stamp = (): string => {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${size}`;
  };
  let seen = stamp();
  const followed: KeyRing = {
    ...ring,
    refresh() {
      try {
        const now = stamp();
        if (now === seen) return;
        Object.assign(followed, parseKeyRing(readFileSync(file, "utf8")));
        seen = now;
      } catch {
        // A file that is being looked after by a person: the keys of before still hold.
      }
    },
  };
  return followed;
}

function tlsFiles(given: NodeJS.ProcessEnv, faults: string[]): Env["tls"] {
  const certificate = given["MUTU_TLS_CERTIFICATE"];
  const key = given["MUTU_TLS_KEY"];
  if (!certificate && !key) return null;
  if (certificate && key) return { certificate, key };
  faults.push("MUTU_TLS_CERTIFICATE and MUTU_TLS_KEY go together");
  return null;
}

function oneOf<const T extends string>(...words: T[]): (value: string) => T | null {
  return (value) => words.find((word) => word === value) ?? null;
}

function parseDatabase(value: string): string | null {
  if (value.startsWith("file:")) return isAbsolute(value.slice(5)) ? value : `file:${resolve(value.slice(5))}`;
  return /^postgres(ql)?:\/\//.test(value) ? value : null;
}

function parseOrigin(value: string): string | null {
  if (!URL.canParse(value)) return null;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.pathname === "/" && url.username === "" ? url.origin : null;
}

function parseListen(value: string): Env["listen"] | null {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  if (!host || port === undefined || Number(port) > 65535) return null;
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

function list(value: string | undefined): string[] {
  return (value ?? "").split(/[\s,]+/).filter((word) => word !== "");
}
