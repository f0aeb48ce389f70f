/** What a machine shows from outside: the fingerprint of the certificate that a name gets, over HTTPS or FTPS. */
import { createHash } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";

export interface Showing {
  address: string;
  port: number;
  /** Asked for by SNI. */
  name: string;
  /** `ftp`: TLS begins after AUTH TLS (RFC 4217). */
  kind: "https" | "ftp";
}

/** What was seen: a fingerprint, or why there is none. `tls`: somebody answers, but no handshake comes about. */
export type Shown = { fingerprint: string } | { error: string; tls: boolean };

const TIMEOUT_MS = 10_000;
const READY = /^220[ ]/m;
const TLS_READY = /^234[ ]/m;
const MAX_TALK = 4096;

/** Asks once; never throws. */
export async function shownBy(showing: Showing): Promise<Shown> {
  let socket: Socket | null = null;
  let connected = false;
  const timer = setTimeout(() => socket?.destroy(new Error("timeout")), TIMEOUT_MS);
  try {
    const plain = connectPlain({ host: showing.address, port: showing.port });
    socket = plain;
    await event(plain, "connect");
    if (showing.kind === "ftp") {
      await reply(plain, READY);
      plain.write("AUTH TLS\r\n");
      await reply(plain, TLS_READY);
    }
    connected = true;
    // Whatever is shown is compared with what should be: that is the check.
    const tls = connectTls({ socket: plain, servername: showing.name, rejectUnauthorized: false });
    socket = tls;
    await event(tls, "secureConnect");
    return { fingerprint: fingerprintOf(tls) };
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? (error as Error).message, tls: connected };
  } finally {
    clearTimeout(timer);
    socket?.destroy();
  }
}

function fingerprintOf(tls: TLSSocket): string {
  const { raw } = tls.getPeerCertificate() as Partial<PeerCertificate>;
  return raw ? createHash("sha256").update(raw).digest("hex") : "";
}

function event(socket: Socket, name: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}

function reply(socket: Socket, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const end = (error?: Error) => {
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error) reject(error);
      else resolve();
    };
    const onClose = () => end(new Error("closed"));
    const onData = (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (wanted.test(text)) end();
      else if (text.length > MAX_TALK) end(new Error("no FTP server"));
    };
    socket.on("data", onData);
    socket.once("close", onClose);
    socket.once("error", end);
  });
}
