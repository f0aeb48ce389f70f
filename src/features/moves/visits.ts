/** Visits a site on one machine, whatever its name leads to: HTTPS by the machine's address. */
import { request } from "node:https";
import type { HostRecord } from "../../publish/index.js";

const TIMEOUT_MS = 5_000;
/** Stands for any name below a wildcard. */
export const PROBE_LABEL = "mutu-probe";

/** The status of the first page, or why nobody answered. */
export type Visit = { status: number } | { error: string };

/** Asks once, for the first page; its content is left unread. The certificate is proven elsewhere. */
export function visit(web: NonNullable<HostRecord["web"]>, name: string): Promise<Visit> {
  return new Promise((resolve) => {
    const asked = request(
      {
        ...{ agent: false, host: web.address, port: web.httpsPort, servername: name, path: "/", rejectUnauthorized: false },
        headers: { host: name, "user-agent": "mutu-move" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        response.on("error", () => undefined);
        resolve({ status: response.statusCode ?? 0 });
        response.destroy();
      },
    );
    asked.on("error", (error: NodeJS.ErrnoException) => resolve({ error: error.code === "ABORT_ERR" ? "timeout" : (error.code ?? error.message) }));
    asked.end();
  });
}
