/** pebble, the authority of the ACME working group's own tests, on free ports of loopback: its names are resolved, and its challenges fetched, where a test says. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned } from "../../../src/core/http/certificate.js";
import type { Scope } from "../../support/database.js";
import { freePort } from "../../support/free-port.js";
import { until } from "../../support/until.js";

export interface Pebble {
  directory: string;
  /** Questions of renewal that came. */
  asked: string[];
  /** PEM file that says who pebble is. */
  roots: string;
  /** Ends it; `start` brings it back, with nothing remembered. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface PebbleOptions {
  /** `address:port` of the name server that it asks. */
  resolver: string;
  /** Where it fetches HTTP-01. */
  httpPort: number;
  /** Percent of good nonces that it refuses. */
  nonceReject?: number;
  eab?: Record<string, string>;
  /** Names for which it issues nothing. */
  blocked?: string[];
  /** What pebble does not have and others do, told by a directory of ours before it. */
  caaIdentities?: string[];
  renewalWindow?: () => { start: Date; end: Date } | null;
}

/** Starts pebble; it ends with the test. */
export async function startPebble(t: Scope, options: PebbleOptions): Promise<Pebble> {
  const { resolver, httpPort, nonceReject = 0, eab, blocked = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), "mutu-pebble-"));
  const [port, management] = [await freePort(), await freePort()];
  const { certificate, key } = selfSigned(["localhost"], ["127.0.0.1"], new Date());
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const roots = file("cert.pem", certificate);
  const config = file(
    "config.json",
    JSON.stringify({
      pebble: {
        ...{ listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${management}`, httpPort, tlsPort: httpPort },
        ...{ certificate: roots, privateKey: file("key.pem", key), ocspResponderURL: "" },
        ...{ externalAccountBindingRequired: eab !== undefined, externalAccountMACKeys: eab ?? {}, domainBlocklist: blocked },
      },
    }),
  );
  const own = `https://127.0.0.1:${port}/dir`;
  const asked: string[] = [];
  const more = options.caaIdentities || options.renewalWindow ? await startDirectory(t, own, { certificate, key, asked }, options) : null;
  let child: ChildProcess | null = null;
  const pebble: Pebble = {
    directory: more ?? own,
    asked,
    roots,
    async start() {
      const env = { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: String(nonceReject), PEBBLE_AUTHZREUSE: "100" };
      child = spawn("pebble", ["-config", config, "-dnsserver", resolver], { env, stdio: "ignore" });
      await until(async () => (await fetched(own, certificate)) !== null);
    },
    async stop() {
      const ended = child;
      child = null;
      if (!ended || ended.exitCode !== null) return;
      await new Promise((resolve) => {
        ended.once("exit", resolve);
        ended.kill("SIGKILL");
      });
    },
  };
  t.after(async () => {
    await pebble.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await pebble.start();
  return pebble;
}

/** A directory that says more than pebble's, and answers when to renew. */
async function startDirectory(
  t: Scope,
  own: string,
  { certificate, key, asked }: { certificate: string; key: string; asked: string[] },
  { caaIdentities = [], renewalWindow }: PebbleOptions,
): Promise<string> {
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const base = `https://${request.headers.host}`;
    if (request.url?.startsWith("/renewal-info/")) {
      asked.push(request.url);
      const window = renewalWindow?.() ?? null;
      response.writeHead(window ? 200 : 404).end(JSON.stringify(window ? { suggestedWindow: window } : {}));
      return;
    }
    const directory = JSON.parse((await fetched(own, certificate)) ?? "{}");
    const meta = { ...directory.meta, caaIdentities };
    response.end(JSON.stringify({ ...directory, meta, ...(renewalWindow && { renewalInfo: `${base}/renewal-info` }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/dir`;
}

function fetched(url: string, ca: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request(url, { ca, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece) => {
        text += piece;
      });
      answer.on("end", () => resolve(answer.statusCode === 200 ? text : null));
    });
    asked.on("error", () => resolve(null));
    asked.end();
  });
}
