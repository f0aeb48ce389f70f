/** Listening: HTTPS, and a plain port that only leads there. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { dirname } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Env } from "../env.js";
import type { PlainText } from "../feature.js";
import { selfSigned } from "./certificate.js";
import { followConnections } from "./silent-connections.js";

export interface RunningServer {
  /** Address that it listens on. */
  address: string;
  close(): Promise<void>;
}

/** Makes a certificate of our own where the settings name files that do not exist yet: at install, and in a trial. */
export function ensureCertificate(env: Pick<Env, "tls" | "origin">, now: Date): void {
  if (!env.tls || (existsSync(env.tls.certificate) && existsSync(env.tls.key))) return;
  const { hostname } = new URL(env.origin);
  const { certificate, key } = selfSigned([...new Set([hostname, "localhost"])], ["127.0.0.1"], now);
  for (const file of [env.tls.certificate, env.tls.key]) mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  writeFileSync(env.tls.key, key, { mode: 0o600 });
  chmodSync(env.tls.key, 0o600);
  writeFileSync(env.tls.certificate, certificate, { mode: 0o644 });
}

/** Listens. Without TLS files only loopback is allowed: there a proxy of this machine ends TLS. */
export async function listen(app: FastifyInstance, env: Env, answers: readonly PlainAnswer[] = []): Promise<RunningServer> {
  const { host, port } = env.listen;
  if (!env.tls && !["127.0.0.1", "::1", "localhost"].includes(host)) {
    throw new Error(`MUTU_LISTEN is ${host}: without MUTU_TLS_CERTIFICATE and MUTU_TLS_KEY the panel listens on loopback only`);
  }
  const address = await app.listen({ host, port });
  const redirect = await listenPlain(env, answers);
  return {
    address,
    async close() {
      await Promise.all([app.close(), redirect?.()]);
    },
  };
}

/** The plain port (MUTU_LISTEN_PLAIN, `address:port`) answers where HTTPS is, and what an authority asks to see there. Gives how to close it. */
async function listenPlain(env: Env, answers: readonly PlainAnswer[]): Promise<(() => Promise<void>) | null> {
  const plain = env.extra("MUTU_LISTEN_PLAIN");
  if (!plain) return null;
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(plain) ?? [];
  if (!host || !port) throw new Error("MUTU_LISTEN_PLAIN must be address:port");
  const server = createPlainServer(env.origin, answers);
  const endSilent = followConnections(server);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(Number(port), host, resolve));
  return async () => {
    endSilent();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
}

/** What is told in clear: the text for a path, or null. */
export type PlainAnswer = (path: string) => Promise<PlainText | string | null>;

/** Makes the server that redirects to the origin, keeping the path, unless one of the answers knows the path. */
export function createPlainServer(origin: string, answers: readonly PlainAnswer[] = []): Server {
  return createServer((request, response) => {
    const path = /^\/[\x21-\x7e]*$/.test(request.url ?? "") ? (request.url ?? "/") : "/";
    const redirect = () => response.writeHead(308, { location: `${origin}${path}`, "content-length": "0", connection: "close" }).end();
    firstAnswer(answers, path).then((found) => (found === null ? redirect() : response.writeHead(found.status, PLAIN_HEADERS).end(found.text)), redirect);
  });
}

const PLAIN_HEADERS = { "content-type": "text/plain", "cache-control": "no-store", connection: "close" };

async function firstAnswer(answers: readonly PlainAnswer[], path: string): Promise<PlainText | null> {
  for (const answer of answers) {
    const found = await answer(path);
    if (found !== null) return typeof found === "string" ? { status: 200, text: found } : found;
  }
  return null;
}
