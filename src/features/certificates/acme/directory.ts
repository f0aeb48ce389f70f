/** An authority's directory (RFC 8555 §7.1.1): what it offers, and what time it is there. */
import { AcmeFault } from "./fault.js";
import type { Transport } from "./transport.js";

const MAX_TERMS = 500;

export interface Directory {
  url: string;
  termsUrl: string | null;
  /** Issuer names for CAA records (RFC 8659 §4.2), lower case. */
  caaIdentities: string[];
  externalAccountRequired: boolean;
  /** RFC 9773; null: it is not offered. */
  renewalInfo: string | null;
  /** The authority's clock, from its answer; null: it did not tell. */
  date: Date | null;
}

/** Asks an authority what it offers. */
export async function readDirectory(transport: Transport, url: string): Promise<Directory> {
  const { body, headers } = await transport({ url, method: "GET" });
  const found = objectOf(body);
  if (typeof found?.["newOrder"] !== "string" || typeof found["newAccount"] !== "string")
    throw new AcmeFault("refused", "noDirectory", "no ACME directory answers there");
  const meta = (typeof found["meta"] === "object" && found["meta"] !== null ? found["meta"] : {}) as Record<string, unknown>;
  const identities = Array.isArray(meta["caaIdentities"]) ? meta["caaIdentities"] : [];
  const date = new Date(headers.date ?? "");
  return {
    url,
    termsUrl: textOf(meta["termsOfService"]),
    caaIdentities: identities.filter((one) => typeof one === "string").map((one) => one.toLowerCase()),
    externalAccountRequired: meta["externalAccountRequired"] === true,
    renewalInfo: httpsUrl(found["renewalInfo"]),
    date: Number.isNaN(date.getTime()) ? null : date,
  };
}

function objectOf(body: string): Record<string, unknown> | null {
  try {
    const found = JSON.parse(body);
    return typeof found === "object" && found !== null ? found : null;
  } catch {
    return null;
  }
}

function httpsUrl(value: unknown): string | null {
  return typeof value === "string" && value.startsWith("https://") && URL.canParse(value) ? value : null;
}

/** An address that people read; a test authority's is none that a browser would follow. */
function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= MAX_TERMS ? value : null;
}
