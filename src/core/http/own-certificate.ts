/** The panel's own certificate: read, replaced while it serves, and how its HTTPS is spoken. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import type { Server } from "node:http";
import { type SecureContextOptions, Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import type { Env } from "../env.js";

type Files = NonNullable<Env["tls"]>;

export interface OwnCertificate {
  /** PEM, the panel's own first. */
  chain: string;
  /** PEM, not encrypted. */
  key: string;
}

/** Another process (a command, another panel beside the same files) may write them: two small files are looked at so often. */
const CHECK_SECONDS = 5;
/** The same as nginx's fixed block offers: forward secrecy and authenticated encryption only. TLS 1.3's come first by themselves. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** What Node is told of the panel's HTTPS. */
export function secureOptions({ chain, key }: OwnCertificate): SecureContextOptions {
  return { cert: chain, key, minVersion: "TLSv1.2", ciphers: CIPHERS };
}

/** Reads the pair and throws when its parts do not belong together; a replacement that was cut off between its two renames is finished. */
export function readOwnCertificate({ certificate, key }: Files): OwnCertificate {
  const read = (file: string) => ({ chain: readFileSync(file, "utf8"), key: readFileSync(key, "utf8") });
  const now = read(certificate);
  if (belongs(now)) return now;
  const next = existsSync(`${certificate}.new`) && read(`${certificate}.new`);
  if (!next || !belongs(next)) throw new Error(`${certificate} and ${key} do not belong together`);
  renameSync(`${certificate}.new`, certificate);
  return next;
}

function belongs({ chain, key }: OwnCertificate): boolean {
  return new X509Certificate(chain).checkPrivateKey(createPrivateKey(key));
}

/** Servers of this process. */
const followers = new Set<() => void>();

/** Puts another certificate in the place of the panel's own: in its files, and in the servers of this process at once. Open connections go on. */
export async function placeOwnCertificate(files: Files, given: OwnCertificate): Promise<void> {
  if (!belongs(given)) throw new Error("the key does not belong to the certificate");
  await writeAside(`${files.key}.new`, given.key);
  await writeAside(`${files.certificate}.new`, given.chain);
  // The key first: a certificate that waits aside is taken by the next reader, should we end here.
  await rename(`${files.key}.new`, files.key);
  await rename(`${files.certificate}.new`, files.certificate).catch((error: NodeJS.ErrnoException) => {
    // Such a reader was there between the two.
    if (error.code !== "ENOENT" || readFileSync(files.certificate, "utf8") !== given.chain) throw error;
  });
  for (const refresh of followers) refresh();
}

async function writeAside(file: string, content: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads the files again whenever they may be others: after `placeOwnCertificate`, at SIGHUP, and every few seconds. One that cannot be used changes nothing. */
export function followOwnCertificate(app: FastifyInstance, files: Files, loaded: OwnCertificate): void {
  let [current, fault] = [loaded, ""];
  const refresh = (): void => {
    try {
      const found = readOwnCertificate(files);
      if (found.chain === current.chain && found.key === current.key) return;
      setContext(app.server, found);
      [current, fault] = [found, ""];
      app.log.info("the panel's certificate is another one");
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== fault) app.log.error({ err: error }, "the panel's certificate cannot be used; the one before goes on");
      fault = reason;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  app.addHook("onListen", async () => {
    followers.add(refresh);
    process.on("SIGHUP", refresh);
    timer = setInterval(refresh, CHECK_SECONDS * 1000).unref();
    // What was written while the program started.
    refresh();
  });
  app.addHook("onClose", async () => {
    followers.delete(refresh);
    process.off("SIGHUP", refresh);
    clearInterval(timer);
  });
}

function setContext(server: Server, found: OwnCertificate): void {
  if (server instanceof TlsServer) server.setSecureContext(secureOptions(found));
}
