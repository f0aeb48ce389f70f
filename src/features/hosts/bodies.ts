/** How hosts are told to programs and shown on pages. */
import type { Static } from "typebox";
import type { Env } from "../../core/env.js";
import { baseOf } from "./base.js";
import type { ShownHost } from "./hosts.js";
import { publicAddresses } from "./public-addresses.js";
import type { HostOutput } from "./schemas.js";
import { driftOf, phpVersionsOf, readState, versionOf } from "./state.js";

/** Gives the answer's fields of a host. */
export function hostBody(host: ShownHost, env: Pick<Env, "origin">): Static<typeof HostOutput> {
  return { ...bodyOf(host), base: baseOf(host, env) };
}

function bodyOf(host: ShownHost): Omit<Static<typeof HostOutput>, "base"> {
  const state = readState(host.state);
  return {
    id: host.id,
    name: host.name,
    address: host.address,
    ...publicBody(host),
    door: host.door,
    reachable: host.reachable,
    release: state?.root ?? null,
    phpVersions: phpVersionsOf(host.state),
    daemons: host.daemons.map(({ daemon, role }) => ({ daemon, role, version: versionOf(host.state, daemon) })),
    diskFreeKb: state?.diskFreeKb ?? null,
    accounts: Math.max(host._count.webAccounts, host._count.filesAccounts),
    stateAt: host.stateAt?.toISOString() ?? null,
  };
}

function publicBody(host: ShownHost) {
  const { ipv4, ipv6 } = publicAddresses(host);
  return { publicIpv4: ipv4, publicIpv6: ipv6 };
}

/** Everything that the pages show. */
export function hostView(host: ShownHost) {
  const state = readState(host.state);
  return {
    ...host,
    ...bodyOf(host),
    chip: host.reachable === null ? "waiting" : host.reachable ? "verified" : "failed",
    drift: driftOf(host.state),
    step: state?.step ?? null,
    error: state?.error ?? null,
    diskFreeBytes: state ? state.diskFreeKb * 1024 : null,
  };
}
