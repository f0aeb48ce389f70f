/** An authority that we have an account with. The library is loaded here alone, when there is something to ask. */
import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { Authorization, Client, Order } from "acme-client";
import { Secret } from "../../../core/secret.js";
import type { Transport } from "./transport.js";

export interface Credentials {
  directory: string;
  url: string | null;
  /** PEM */
  key: Secret;
  eab: { keyId: string; secret: Secret } | null;
}

export interface Authority {
  readonly client: Client;
  readonly transport: Transport;
  /** RFC 8555 §8.1 */
  readonly thumbprint: string;
  /** The request that asks for these names, with a fresh key or with one that is kept. */
  request(names: readonly string[], kept: Secret | null): Promise<{ key: Secret; csr: string }>;
}

export type { Authorization, Order };

/** Opens an authority: asks nothing yet. */
export async function openAuthority(transport: Transport, { directory, url, key, eab }: Credentials): Promise<Authority> {
  const acme = await import("acme-client");
  const { axios, crypto, Client: AcmeClient } = acme.default ?? acme;
  // Ours says what was refused and when to come back; the library's own would wait inside, and forget both.
  axios.defaults.adapter = async (config) => {
    const body = typeof config.data === "string" ? config.data : undefined;
    const headers = Object.fromEntries(Object.entries(config.headers.toJSON()).map(([name, value]) => [name.toLowerCase(), String(value)]));
    const answer = await transport({ url: config.url ?? "", method: config.method ?? "get", headers, ...(body === undefined ? {} : { body }) });
    return { status: answer.status, statusText: "", headers: answer.headers as never, data: answer.body, config };
  };
  const client = new AcmeClient({
    directoryUrl: directory,
    accountKey: key.reveal(),
    ...(url === null ? {} : { accountUrl: url }),
    ...(eab === null ? {} : { externalAccountBinding: { kid: eab.keyId, hmacKey: eab.secret.reveal() } }),
  });
  return {
    client,
    transport,
    thumbprint: thumbprintOf(key),
    async request(names, kept) {
      const certificateKey = kept ?? newKey();
      const [, csr] = await crypto.createCsr({ altNames: [...names] }, certificateKey.reveal());
      return { key: certificateKey, csr: csr.toString() };
    },
  };
}

/** Makes a key: P-256, which every authority and every browser takes. */
export function newKey(): Secret {
  return new Secret(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString());
}

/** Gives the thumbprint of an account's key (RFC 7638). */
export function thumbprintOf(key: Secret): string {
  const { crv, kty, x, y } = createPublicKey(key.reveal()).export({ format: "jwk" });
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}
