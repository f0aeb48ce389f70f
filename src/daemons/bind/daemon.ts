/** BIND 9: the second daemon of the role `dns`, chosen per host: the same state, served, signed and transferred alike. */
import { dnsFiles, dnsOptions } from "../../features/dns/format.js";
import type { DnsState } from "../../features/dns/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";

export const daemon: Daemon<DnsState> = {
  name: "bind",
  role: "dns",
  render: ({ state, host }, probe) => dnsFiles(state, host.options["bind"] ?? {}, probe),

  renderNotice: () => [],
  explain,
  // Serials, and the keys of transfers, never go back.
  forwardOnly: true,
  options: dnsOptions("bind"),
};
