/** Asks a site as a visitor would: over HTTPS, by its name. The second kind goes through the site's PHP pool. */
import { Agent, request } from "node:https";
import { createSecureContext } from "node:tls";
import type { Answer, Prober, WebAddress } from "../../publish/contract.js";

/** As many connections as verification asks at once. */
const MAX_SOCKETS = 16;
/** A hash has 64 characters: whatever is longer is not one. */
const LONGEST_ANSWER = 1024;

export const probers = { web: webProber("/.well-known/mutu-probe"), php: webProber("/.well-known/mutu-probe/php") };

function webProber(path: string): Prober {
  let agent: Agent | null = null;
  return {
    reaches: ({ web }) => web !== null,
    ask(host, { name }, _hash, timeoutMs) {
      if (host.web === null) return Promise.resolve({ error: "no address" });
      // No connection is kept: each site would have one of its own, thousands after a first publication, and the switch to another Apache ends them anyway.
      agent ??= new Agent({ keepAlive: false, maxSockets: MAX_SOCKETS, maxCachedSessions: 0, secureContext: createSecureContext() });
      return ask(host.web, name, path, agent, timeoutMs);
    },
    close() {
      agent?.destroy();
      agent = null;
    },
  };
}

/** Asks once. The certificate is not checked: during its first hours a name has none, and the content proves itself. */
function ask(web: WebAddress, name: string, path: string, agent: Agent, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const options = {
      agent,
      host: web.address,
      port: web.httpsPort,
      servername: name,
      path,
      headers: { host: name, "user-agent": "mutu-probe" },
      rejectUnauthorized: false,
      // Covers the connection, the handshake and the answer: a machine that swallows packets must not hold the run.
      signal: AbortSignal.timeout(timeoutMs),
    };
    const asked = request(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
        if (body.length > LONGEST_ANSWER) response.destroy();
      });
      response.on("close", () => resolve({ status: response.statusCode ?? 0, body: body.slice(0, LONGEST_ANSWER) }));
      response.on("error", () => undefined);
    });
    asked.on("error", (error: NodeJS.ErrnoException) => resolve({ error: error.code === "ABORT_ERR" ? "timeout" : (error.code ?? error.message) }));
    asked.end();
  });
}
