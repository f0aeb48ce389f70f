/** What an authority refuses, or that it cannot be spoken to (RFC 8555 §6.7, RFC 7807). */

/** One name's part of a refusal. */
export interface NameFault {
  /** Lower case, without `*.`. */
  name: string;
  type: string;
  detail: string;
}

const MAX_DETAIL = 500;

export class AcmeFault extends Error {
  override readonly name = "AcmeFault";
  /** `down`: no answer, or one that says nothing; `limited`: it wants less; `refused`: it says no. */
  readonly kind: "down" | "limited" | "refused";
  /** The last word of its URN: `rateLimited`, `caa`, `unauthorized`…; `down` where there is none. */
  readonly type: string;
  readonly detail: string;
  readonly names: readonly NameFault[];
  /** Seconds that it asks to wait. */
  readonly retryAfterSeconds: number | null;

  constructor(kind: AcmeFault["kind"], type: string, detail: string, names: readonly NameFault[] = [], retryAfterSeconds: number | null = null) {
    super(`${type}: ${detail}`);
    this.kind = kind;
    this.type = type;
    this.detail = plain(detail);
    this.names = names;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Reads a problem document; whatever stands in it is a stranger's word. */
export function faultOf(status: number, body: unknown, retryAfterSeconds: number | null): AcmeFault {
  const problem = asObject(body);
  const type = typeOf(problem["type"]);
  const detail = plain(problem["detail"]);
  const names = listOf(problem["subproblems"])
    .map(nameFault)
    .filter((one) => one.name !== "");
  if (type === "rateLimited" || status === 429) return new AcmeFault("limited", "rateLimited", detail, names, retryAfterSeconds);
  if (status >= 500) return new AcmeFault("down", type || "down", detail || `HTTP ${status}`, names, retryAfterSeconds);
  return new AcmeFault("refused", type || `http${status}`, detail, names, retryAfterSeconds);
}

/** Reads the error of a challenge or an order. */
export function problemOf(problem: unknown): { type: string; detail: string } {
  const { type, detail } = asObject(problem);
  return { type: typeOf(type) || "unknown", detail: plain(detail) };
}

function nameFault(problem: unknown): NameFault {
  const { identifier } = asObject(problem);
  return { name: plain(asObject(identifier)["value"]).toLowerCase(), ...problemOf(problem) };
}

function typeOf(type: unknown): string {
  return /^urn:ietf:params:acme:error:([A-Za-z]{1,40})$/.exec(typeof type === "string" ? type : "")?.[1] ?? "";
}

function plain(text: unknown): string {
  return typeof text === "string"
    ? text
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
        .trim()
        .slice(0, MAX_DETAIL)
    : "";
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
