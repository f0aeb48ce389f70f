/** A private nginx in front of small servers that stand where Apache's two colours would, and raw questions to it. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { daemon } from "../../src/daemons/nginx/daemon.js";
import type { WebBaseState, WebSite } from "../../src/features/sites/role.js";
import type { DaemonOptions } from "../../src/publish/contract.js";
import { freePort } from "../support/free-port.js";
import { childrenOf, PrivateMachine, type Tree } from "./private-machine.js";

const HOST = { id: "h", name: "web1", homes: "", options: {} };
export const FOLDER: WebSite["serve"] = { kind: "folder", root: "/srv/mutu/homes/2001/www", php: null, index: ["index.html"], errorPages: {} };

/** Files of an account with these sites. */
export function account(number: number, sites: Partial<WebSite>[], connectionLimit = 20): Tree {
  const full = sites.map((site, at) => ({ id: `s${at}`, names: [], canonical: null, forceHttps: false, hstsSeconds: null, serve: FOLDER, ...site }));
  const state = { kind: "account" as const, account: { number, login: "x" }, home: `/srv/mutu/homes/${number}`, connectionLimit, sites: full };
  return treeOf(daemon.render({ key: String(number), state, host: HOST }, `hash${number}`));
}

/** Files of the base. */
export function base(state: Omit<WebBaseState, "kind"> = { uploadMb: 4, timeSeconds: 60 }, options: DaemonOptions = {}): Tree {
  return treeOf(daemon.render({ key: "base", state: { kind: "base", ...state }, host: { ...HOST, options: { nginx: options } } }, ""));
}

function treeOf(files: { path: string; content: string }[]): Tree {
  return Object.fromEntries(files.map((file) => [`nginx/${file.path}`, file.content]));
}

/** A server in Apache's place. It says what it heard, unless `answer` says something else. */
export async function backend(answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false) {
  const server = createServer({ maxHeaderSize: 128 * 1024, keepAliveTimeout: 60_000 }, (request, response) => {
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on("end", () => {
      if (answer(request, response)) return;
      response.end(
        JSON.stringify({
          port,
          size,
          url: request.url,
          method: request.method,
          headers: request.headers,
          names: request.rawHeaders.filter((_, at) => at % 2 === 0),
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port, server, close };
}

export interface Heard {
  port: number;
  size: number;
  url: string;
  method: string;
  headers: Record<string, string>;
  names: string[];
}

export class Front {
  machine!: PrivateMachine;
  http = 0;
  https = 0;

  static async start(tree: Tree, ports: [number, number], extra: Record<string, string> = {}): Promise<Front> {
    const front = new Front();
    front.http = await freePort();
    front.https = await freePort();
    front.machine = new PrivateMachine({
      MUTU_NGINX_HTTP: String(front.http),
      MUTU_NGINX_HTTPS: String(front.https),
      MUTU_NGINX_ADDRESSES: "127.0.0.1 ::1",
      MUTU_PROBE_ADDRESS: "127.0.0.3",
      ...extra,
    });
    try {
      front.publish(tree, ports);
    } catch (error) {
      front.machine.close();
      throw error;
    }
    return front;
  }

  /** A whole publication; `ports` are where the serving colour listens for what came on :80 and on :443. */
  publish(tree: Tree, ports: [number, number], behind?: [number, number]): void {
    this.machine.publish(["nginx"], tree, (next) => this.point(next, ports, behind));
  }

  /** As Apache's driver writes it: the serving colour, and behind it the other one. */
  point(next: string, ports: [number, number], behind = ports): void {
    const line = (name: string, at: 0 | 1) =>
      `upstream ${name} { server 127.0.0.1:${ports[at]} max_fails=0; server 127.0.0.1:${behind[at]} backup max_fails=0; }`;
    writeFileSync(join(next, "upstream.conf"), `${line("mutu_http", 0)}\n${line("mutu_https", 1)}\n`);
  }

  get pid(): number {
    return Number(/^running (\d+)$/m.exec(this.machine.driver("nginx", "status", this.machine.live).words)?.[1] ?? 0);
  }

  /** Those that accept; one that is shutting down may stay for a moment. */
  workers(): number[] {
    return childrenOf(this.pid)
      .filter((pid) => /^nginx: worker process(?! is shutting down)/.test(titleOf(pid)))
      .sort((a, b) => a - b);
  }

  /** Sends exactly these bytes and returns exactly what comes back until the connection ends. */
  raw(bytes: string, secure = false, from = "127.0.0.1"): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = secure
        ? tlsConnect({ port: this.https, host: "127.0.0.1", servername: "www.example.org", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] })
        : connect({ port: this.http, host: "127.0.0.1", localAddress: from });
      socket.setTimeout(60_000, () => socket.destroy(new Error("no answer in 60 s")));
      socket.on("data", (chunk) => chunks.push(chunk as Buffer));
      socket.once("error", reject);
      socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
      socket.write(bytes);
    });
  }

  /** GET of a path of a host on :80, answered with status, headers and body. */
  get(host: string, path = "/", headers: Record<string, string | string[]> = {}, options: { method?: string; body?: Buffer; from?: string } = {}) {
    return new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>((resolve, reject) => {
      const question = httpRequest(
        {
          port: this.http,
          host: "127.0.0.1",
          localAddress: options.from ?? "127.0.0.1",
          path,
          method: options.method ?? "GET",
          headers: { Host: host, ...headers },
          agent: false,
          maxHeaderSize: 128 * 1024,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }));
        },
      );
      question.on("error", reject);
      question.setTimeout(60_000, () => question.destroy(new Error("no answer in 60 s")));
      question.end(options.body);
    });
  }

  async heard(host: string, path = "/", headers: Record<string, string | string[]> = {}): Promise<Heard> {
    return JSON.parse((await this.get(host, path, headers)).body) as Heard;
  }

  /** SHA-256 of the certificate that a name is shown, as X509Certificate writes it. */
  shown(servername: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = tlsConnect({ port: this.https, host: "127.0.0.1", servername, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  /** Shakes hands with any SNI and tells the certificate's common name, or the alert. */
  handshake(servername: string | undefined, options: Record<string, unknown> = {}): Promise<string> {
    return new Promise((resolve) => {
      const socket = tlsConnect({ port: this.https, host: "127.0.0.1", servername, rejectUnauthorized: false, ...options }, () => {
        const { CN } = socket.getPeerCertificate().subject as { CN: string };
        resolve(CN);
        socket.destroy();
      });
      socket.on("error", (error) => resolve(`alert: ${(error as { code?: string }).code}`));
    });
  }
}

/** A self-signed certificate and its key in one text, as a name's file holds them. */
export function certificate(name: string, folder: string): string {
  const [key, chain] = [join(folder, "k.pem"), join(folder, "c.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      key,
      "-out",
      chain,
    ],
    { stdio: "ignore" },
  );
  return execFileSync("cat", [chain, key], { encoding: "utf8" });
}

/** The command line of a process; empty for one that has ended. */
function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
