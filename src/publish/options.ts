/** Settings of daemons on hosts: completed with what the daemon declares, and checked against it. */
import { type FieldError, invalidFields } from "../core/errors.js";
import type { Daemon, DaemonOption, DaemonOptions, HostDirectory, HostRecord } from "./contract.js";

/** The settings of a daemon: those that are kept and still fit, and its defaults for all others. */
export function optionsOf(daemon: Pick<Daemon, "options"> | undefined, kept: unknown): DaemonOptions {
  const values = typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>) : {};
  const declared = Object.entries(daemon?.options ?? {});
  return Object.fromEntries(declared.map(([name, option]) => [name, fits(option, values[name]) ? (values[name] as string) : option.default]));
}

/** Reads what a form, the API or a command sent, and only that; every value that does not fit is a fault at its field. */
export function parseOptions(daemon: Pick<Daemon, "options">, sent: Readonly<Record<string, unknown>>): DaemonOptions {
  const faults: FieldError[] = [];
  const parsed: Record<string, string | number | boolean> = {};
  for (const [name, option] of Object.entries(daemon.options ?? {})) {
    const value = typeof sent[name] === "string" ? read(option, sent[name]) : sent[name];
    if (value === undefined) continue;
    if (fits(option, value)) parsed[name] = value as string;
    else faults.push({ field: name, ...faultOf(option) });
  }
  if (faults.length > 0) throw invalidFields(faults);
  return parsed;
}

/** What a form sends is text. */
function read(option: DaemonOption, text: string): string | number | boolean {
  if (option.type === "integer") return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text;
  if (option.type === "boolean") return text === "on" || text === "true" || text === "1" || (text === "off" || text === "false" || text === "0" ? false : text);
  return text.trim();
}

function fits(option: DaemonOption, value: unknown): boolean {
  if (option.type === "integer") return Number.isInteger(value) && (value as number) >= option.minimum && (value as number) <= option.maximum;
  if (option.type === "boolean") return typeof value === "boolean";
  if (typeof value !== "string") return false;
  if (option.type === "choice") return option.choices.includes(value);
  return value.length <= option.maxLength && new RegExp(`^(?:${option.pattern})$`).test(value);
}

function faultOf(option: DaemonOption): { code: string; data: Record<string, string> } {
  if (option.type === "integer") return { code: "publications.option_number", data: { least: String(option.minimum), most: String(option.maximum) } };
  return { code: "publications.option_invalid", data: {} };
}

/** A directory whose hosts carry the settings of their daemons, complete. */
export function withDefaults(hosts: HostDirectory, daemons: ReadonlyMap<string, Daemon>): HostDirectory {
  const complete = (host: HostRecord): HostRecord => ({
    ...host,
    options: Object.fromEntries(host.daemons.map(({ name }) => [name, optionsOf(daemons.get(name), host.options[name])])),
  });
  return {
    ...hosts,
    list: async (db) => (await hosts.list(db)).map(complete),
    async find(db, hostId) {
      const host = await hosts.find(db, hostId);
      return host && complete(host);
    },
  };
}
