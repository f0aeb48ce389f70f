/** How an authority is spoken to: HTTPS, bounded in time and size, with the roots of the system and those of MUTU_ACME_ROOTS (an authority of one's own). */
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import type { Env } from "../../../core/env.js";
import { AcmeFault, faultOf } from "./fault.js";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1_048_576;
const USER_AGENT = "Mutu";

export interface AcmeRequest {
  url: string;
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface AcmeResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Transport = (request: AcmeRequest) => Promise<AcmeResponse>;

/** Makes the way to authorities. Refusals are thrown as AcmeFault, but for a nonce that was used up: that is the library's to repeat (RFC 8555 §6.5). */
export function createTransport(env: Pick<Env, "extra">): Transport {
  const file = env.extra("MUTU_ACME_ROOTS");
  const ca = file ? [...rootCertificates, readFileSync(file, "utf8")] : undefined;
  return async (request) => {
    if (!request.url.startsWith("https://")) throw new AcmeFault("refused", "malformed", "an authority speaks HTTPS only");
    const response = await send(request, ca);
    if (response.status < 400) return response;
    const body = parse(response.body);
    if (String((body as { type?: unknown } | null)?.type).endsWith(":badNonce")) return response;
    throw faultOf(response.status, body, retryAfter(response.headers));
  };
}

function send({ url, method, headers, body }: AcmeRequest, ca: string[] | undefined): Promise<AcmeResponse> {
  return new Promise((resolve, reject) => {
    const down = (error: Error) => reject(new AcmeFault("down", "down", (error as NodeJS.ErrnoException).code ?? error.message));
    const options = {
      method: method.toUpperCase(),
      headers: { ...headers, "user-agent": USER_AGENT },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(ca && { ca }),
    };
    const request = httpsRequest(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
        if (text.length > MAX_BYTES) answer.destroy(new Error("the answer is too long"));
      });
      answer.on("error", down);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    request.on("error", down);
    request.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Seconds of a Retry-After header in either form (RFC 9110 §10.2.3), by the authority's own clock. */
export function retryAfter(headers: IncomingHttpHeaders): number | null {
  const given = headers["retry-after"];
  if (!given) return null;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  const until = Date.parse(given);
  const now = Date.parse(headers.date ?? "");
  return Number.isNaN(until) || Number.isNaN(now) ? null : Math.max(0, Math.round((until - now) / 1000));
}
