/** Knot DNS: serves members' zones, signs them, counts their serials, and tells secondaries by a catalog zone. */
import { dnsFiles, dnsOptions } from "../../features/dns/format.js";
import type { DnsState } from "../../features/dns/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";

export const daemon: Daemon<DnsState> = {
  name: "knot",
  role: "dns",
  render: ({ state, host }, probe) => dnsFiles(state, host.options["knot"] ?? {}, probe),
  // A zone that may not be served as it should is not served at all: resolvers then say "try later", and mail waits. Any answer of ours (no such
  // name, an unsigned zone below a DS) would be believed, and mail sent back.
  renderNotice: () => [],
  explain,
  // Serials, and the keys of transfers, never go back.
  forwardOnly: true,
  options: dnsOptions("knot"),
};
