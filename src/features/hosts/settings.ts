/** Settings of a daemon on one host, as its folder declares them. */
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { type Daemon, type DaemonOption, type DaemonOptions, optionsOf, parseOptions, touchRole } from "../../publish/index.js";
import { getHost, type ShownHost } from "./hosts.js";

type Daemons = ReadonlyMap<string, Pick<Daemon, "options">>;

/** A daemon of a host, what may be set, and what holds now. */
export interface DaemonSettings {
  host: ShownHost;
  daemon: string;
  role: string;
  declared: Readonly<Record<string, DaemonOption>>;
  values: DaemonOptions;
}

/** Gives the settings of a daemon on a host; a daemon without any is as unknown as one that the host does not have. */
export async function getSettings(ctx: Context, daemons: Daemons, key: string, name: string): Promise<DaemonSettings> {
  const host = await getHost(ctx, key);
  const enabled = host.daemons.find(({ daemon }) => daemon === name);
  const declared = daemons.get(name)?.options;
  if (!enabled || !declared) throw notFound("hosts.daemon_unknown");
  return { host, daemon: name, role: enabled.role, declared, values: optionsOf({ options: declared }, enabled.options) };
}

/** Sets what is sent and leaves the rest; every unit that the daemon renders there is published anew. */
export async function setSettings(ctx: Context, daemons: Daemons, key: string, name: string, sent: Readonly<Record<string, unknown>>): Promise<DaemonSettings> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const { host, role, declared, values } = await getSettings(tx, daemons, key, name);
    const wanted = { ...values, ...parseOptions({ options: declared }, sent) };
    const changed = Object.keys(declared).filter((option) => wanted[option] !== values[option]);
    if (changed.length > 0) {
      await tx.db.hostDaemon.update({ where: { hostId_daemon: { hostId: host.id, daemon: name } }, data: { options: wanted } });
      await touchRole(tx, host.id, role);
      const told = (of: DaemonOptions) => Object.fromEntries(changed.map((option) => [option, String(of[option])]));
      const object = { type: "host", id: host.id, name: `${host.name} ${name}` };
      tx.audit({ verb: "hosts.daemon.set", accountId: null, object, old: told(values), new: told(wanted) });
    }
    return { host, daemon: name, role, declared, values: wanted };
  });
}

/** Those daemons of a host that have settings. */
export function settable(daemons: Daemons, host: Pick<ShownHost, "daemons">): string[] {
  return host.daemons.map(({ daemon }) => daemon).filter((daemon) => daemons.get(daemon)?.options !== undefined);
}
