/** What Knot's programs and our driver say of a zone that they refuse. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

// Our driver, before the program's own words: "knot: 3f/knot/signed/example.org.zone refused"
const REFUSED = /^knot: [0-9a-f]{2}\/knot\/((?:signed|plain)\/[a-z0-9.-]+\.zone) (refused|not loaded)$/;
// kzonecheck: "[ns1.example.org.] missing glue record", "[a.test.] invalid digest length in DS (keytag 1)"
const RULE = /^\[([^\]\s]+)\.\] (.+)$/;
// kzonecheck -v: "error: [a.test.] zone loader, error in zone, file '…', line 3 (invalid address character)"
const SYNTAX = /zone loader, error in zone, file '[^']*', line ([0-9]+) \((.*)\)$/;
const BASE = /^knot: base refused$/;
const PORT = /cannot bind address '?([^'\s]+)'? \(/;
const RULES: Record<string, string> = {
  "missing glue record": "knot.glue_missing",
  "another record exists beside CNAME": "knot.beside_cname",
  "multiple CNAME records": "knot.two_cnames",
};

/** Turns words into faults, the zone's file with each; an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  const faults: DaemonFault[] = [];
  let zone: DaemonFault | null = null;
  for (const line of output) {
    const refused = REFUSED.exec(line);
    if (refused) {
      zone = { path: refused[1] as string, line: null, code: refused[2] === "refused" ? "knot.zone_refused" : "knot.zone_not_loaded", data: { words: "" } };
      faults.push(zone);
    } else if (zone) nameReason(zone, line);
    if (BASE.test(line)) faults.push({ path: "base/shared.list", line: null, code: "knot.base_refused", data: {} });
    const port = PORT.exec(line);
    if (port) faults.push({ path: null, line: null, code: "knot.port_taken", data: { address: port[1] as string } });
  }
  return faults;
}

/** The first reason that the program gives is the one that is told. */
function nameReason(zone: DaemonFault, line: string): void {
  if (zone.data["words"] !== "") return;
  const rule = RULE.exec(line);
  const syntax = SYNTAX.exec(line);
  if (rule) {
    const [, name = "", words = ""] = rule;
    zone.code = RULES[words] ?? zone.code;
    zone.data = { name, words };
  } else if (syntax) {
    zone.line = Number(syntax[1]);
    zone.data = { words: syntax[2] as string };
  }
}
