/** What BIND's programs and our driver say of a zone that they refuse. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

// Our driver, before the program's own words: "bind: 3f/bind/signed/example.org.zone refused"
const REFUSED = /^bind: [0-9a-f]{2}\/bind\/((?:signed|plain)\/[a-z0-9.-]+\.zone) (refused|not loaded)$/;
// "dns_master_load: 3a/bind/signed/a.test.zone:7: a.test: CNAME and other data", "dns_rdata_fromtext: …:6: near '192.0.2.300': bad dotted quad"
const PLACE = /^(?:dns_\w+: )?\S+:([0-9]+): (.+)$/;
const CNAME = /^(\S+): (CNAME and other data|multiple RRs of singleton type)$/;
// "zone a.test/IN: NS 'ns1.a.test' has no address records (A or AAAA)"
const GLUE = /^zone [^/\s]+\/IN: (?:\S+\/)?NS '(\S+)' has no address records/;
const BASE = /^bind: base refused$/;
const PORT =
  /could not listen on .* socket: .*address in use|binding TCP socket.*address in use|listening on \S+ interface \S+, (\S+) .*failed|creating \S+ interface .* failed/;
const RULES: Record<string, string> = { "CNAME and other data": "bind.beside_cname", "multiple RRs of singleton type": "bind.two_cnames" };

/** Turns words into faults, the zone's file with each; an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  const faults: DaemonFault[] = [];
  let zone: DaemonFault | null = null;
  for (const line of output) {
    const refused = REFUSED.exec(line);
    if (refused) {
      zone = { path: refused[1] as string, line: null, code: refused[2] === "refused" ? "bind.zone_refused" : "bind.zone_not_loaded", data: { words: "" } };
      faults.push(zone);
    } else if (zone) nameReason(zone, line);
    if (BASE.test(line)) faults.push({ path: "base/shared.list", line: null, code: "bind.base_refused", data: {} });
    const port = PORT.exec(line);
    if (port && !faults.some(({ code }) => code === "bind.port_taken"))
      faults.push({ path: null, line: null, code: "bind.port_taken", data: { address: port[1] ?? "" } });
  }
  return faults;
}

/** The first reason that the program gives is the one that is told. */
function nameReason(zone: DaemonFault, line: string): void {
  if (zone.data["words"] !== "") return;
  const glue = GLUE.exec(line);
  if (glue) {
    zone.code = "bind.glue_missing";
    zone.data = { name: glue[1] as string, words: "no address records" };
    return;
  }
  const place = PLACE.exec(line);
  if (!place) return;
  const [, number = "", said = ""] = place;
  const [, name, rule = ""] = CNAME.exec(said) ?? [];
  zone.line = Number(number);
  zone.code = RULES[rule] ?? zone.code;
  zone.data = name ? { name, words: rule } : { words: said };
}
