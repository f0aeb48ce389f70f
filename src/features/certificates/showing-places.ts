/** Where a place is looked at from outside, as the control machine reaches it. */
import { isIP } from "node:net";
import type { Services } from "../../core/services.js";
import type { CertificatePlace } from "../../generated/sqlite/client.js";
import type { HostRecord } from "../../publish/index.js";
import { askedName } from "./names.js";
import { PANEL } from "./places.js";
import type { Showing } from "./showing.js";

const FTP_PORT = 21;
const EVERYWHERE: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** null: nothing of it is reached from outside. */
export function showingOf(services: Pick<Services, "env">, place: CertificatePlace, host: HostRecord | null): Showing | null {
  const name = askedName(place.name);
  if (place.hostId === PANEL) {
    const { host: address, port } = services.env.listen;
    return { address: EVERYWHERE[address] ?? address, port, name, kind: "https" };
  }
  if (!host) return null;
  if (place.role === "ftp") {
    const daemon = host.daemons.find(({ role }) => role === "ftp")?.name ?? "";
    return { address: host.address, port: Number(host.options[daemon]?.["ftpPort"] ?? FTP_PORT), name, kind: "ftp" };
  }
  return host.web && { address: host.web.address, port: host.web.httpsPort, name: isIP(name) === 0 ? name : "", kind: "https" };
}
