/** Asks a host's FTP daemon as a member's program would: FTPS on the control port, the probe's login, the unit's hash as its password. */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Answer, DaemonOptions, HostRecord, Prober } from "../../publish/contract.js";
import { ftpPorts } from "./ports.js";

const MAX_LINE = 4096;
const LOGGED_IN = 230; // RFC 959 §5.4
const NEEDS_PASSWORD = 331;
const TLS_READY = 234; // RFC 4217 §4
const GREETING = 220;

export const ftpProber: Prober = {
  reaches: (host) => host.daemons.some(({ role }) => role === "ftp"),
  async ask(host, { name }, hash, timeoutMs) {
    let socket: Socket | null = null;
    const timer = setTimeout(() => socket?.destroy(new Error("timeout")), timeoutMs);
    try {
      socket = await open(host, (opened) => {
        socket = opened;
      });
      return await logIn(socket, host, name, hash, (secured) => {
        socket = secured;
      });
    } catch (error) {
      return { error: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
    } finally {
      clearTimeout(timer);
      socket?.destroy();
    }
  },
};

/** Settings of the daemon that fills the role on this host. */
function optionsOf(host: HostRecord): DaemonOptions {
  return host.options[host.daemons.find(({ role }) => role === "ftp")?.name ?? ""] ?? {};
}

function open(host: HostRecord, begun: (socket: Socket) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectPlain({ host: host.address, port: ftpPorts(optionsOf(host)).ftp });
    begun(socket);
    socket.once("error", reject);
    socket.once("connect", () => resolve(socket));
  });
}

async function logIn(plain: Socket, host: HostRecord, name: string, hash: string, secured: (socket: Socket) => void): Promise<Answer> {
  const first = replies(plain);
  const greeting = await first.next();
  if (greeting !== GREETING) return { status: greeting, body: "" };
  plain.write("AUTH TLS\r\n");
  const ready = await first.next();
  if (ready !== TLS_READY) return { status: ready, body: "" };
  first.stop();
  const socket = await secure(plain, host.address);
  secured(socket);
  const second = replies(socket);
  socket.write(`USER ${name}\r\n`);
  const asked = await second.next();
  if (asked !== NEEDS_PASSWORD) return { status: asked, body: "" };
  socket.write(`PASS ${hash}\r\n`);
  const status = await second.next();
  socket.end("QUIT\r\n");
  // Who let us in knew the hash: it is our answer, given in the protocol's way.
  return status === LOGGED_IN ? { status: 200, body: hash } : { status, body: "" };
}

/** The certificate is not checked: during its first hours a machine has none of its own, and the hash opens nothing but an empty folder. */
function secure(socket: Socket, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const tls = connectTls({ socket, rejectUnauthorized: false, ...(isIP(address) === 0 && { servername: address }) });
    tls.once("error", reject);
    tls.once("secureConnect", () => resolve(tls));
  });
}

/** Reads replies one after the other: the code of each, several lines counted as one (RFC 959 §4.2). */
function replies(socket: Socket): { next(): Promise<number>; stop(): void } {
  let text = "";
  /** Code of a reply of several lines that has begun. */
  let open: string | null = null;
  const codes: number[] = [];
  let failure: Error | null = null;
  let waiting: { resolve(code: number): void; reject(error: Error): void } | null = null;
  const settle = (): void => {
    if (waiting === null) return;
    const code = codes.shift();
    if (code !== undefined) waiting.resolve(code);
    else if (failure) waiting.reject(failure);
    else return;
    waiting = null;
  };
  const onData = (bytes: Buffer): void => {
    text += bytes.toString("latin1");
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const [, code, mark] = /^(\d{3})([ -])/.exec(`${text.slice(0, end).trimEnd()} `) ?? [];
      text = text.slice(end + 1);
      if (code === undefined || (open !== null && code !== open)) continue;
      open = mark === "-" ? code : null;
      if (open === null) codes.push(Number(code));
    }
    if (text.length > MAX_LINE) onEnd(new Error("no FTP server"));
    settle();
  };
  const onEnd = (error?: Error): void => {
    failure ??= error ?? new Error("closed");
    settle();
  };
  socket.on("data", onData);
  socket.on("error", onEnd);
  socket.on("close", () => onEnd());
  return {
    next: () =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        settle();
      }),
    stop: () => socket.off("data", onData),
  };
}
