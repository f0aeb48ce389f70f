/** Whether the owner of a name lets an authority issue for it (RFC 8659, RFC 8657). */
import type { Resolver } from "../../core/dns/index.js";
import type { ErrorData } from "../../core/errors.js";

const CRITICAL = 128;
const KNOWN_TAGS = new Set(["issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"]);

export interface CaaRecord {
  flags: number;
  tag: string;
  value: string;
}

export interface CaaQuestion {
  name: string;
  /** Issuer names of the authority; empty: it does not tell, and only itself can say. */
  issuers: readonly string[];
  method: "http-01" | "dns-01";
  accountUrl: string | null;
}

type Verdict = { code: string; data: ErrorData } | null;

/** Asks the world, climbing from the name to the one above (RFC 8659 §3); null: nothing stands in the way. */
export async function caaProblem(resolver: Resolver, question: CaaQuestion): Promise<Verdict> {
  if (question.issuers.length === 0) return null;
  const labels = question.name.replace(/^\*\./, "").split(".");
  for (let depth = 0; depth < labels.length; depth += 1) {
    const at = labels.slice(depth).join(".");
    const seen = await resolver.ask(at, "CAA");
    // A server that cannot say (a broken signature, often) keeps the authority from issuing; that nobody could be asked is our trouble, not its.
    if (seen.state === "unknown") return seen.reason === "failed" ? { code: "certificates.caa_unknown", data: { name: at } } : null;
    if (seen.state !== "found" || seen.records.length === 0) continue;
    const records = seen.records.flatMap(({ value }) => parseCaa(value) ?? []);
    if (records.length > 0) return judge(records, question, at);
  }
  return null;
}

/** Judges the set of one name. Pure. */
export function judge(records: readonly CaaRecord[], { name, issuers, method, accountUrl }: CaaQuestion, at: string): Verdict {
  const strange = records.find(({ flags, tag }) => (flags & CRITICAL) !== 0 && !KNOWN_TAGS.has(tag));
  if (strange) return { code: "certificates.caa_strange", data: { name: at, tag: strange.tag } };
  const wild = records.filter(({ tag }) => tag === "issuewild");
  const relevant = name.startsWith("*.") && wild.length > 0 ? wild : records.filter(({ tag }) => tag === "issue");
  if (relevant.length === 0) return null;
  if (relevant.some(({ value }) => allows(value, issuers, method, accountUrl))) return null;
  return { code: "certificates.caa_forbids", data: { name: at, allowed: relevant.map(({ value }) => value).join(", "), wanted: issuers[0] ?? "" } };
}

/** Reads `0 issue "letsencrypt.org"`; null when it is none. */
export function parseCaa(text: string): CaaRecord | null {
  const [, flags, tag, value] = /^(\d{1,3}) ([A-Za-z0-9]{1,255}) "(.*)"$/.exec(text) ?? [];
  return flags === undefined || tag === undefined || value === undefined ? null : { flags: Number(flags), tag: tag.toLowerCase(), value };
}

function allows(value: string, issuers: readonly string[], method: string, accountUrl: string | null): boolean {
  const [issuer = "", ...words] = value.split(";").map((word) => word.trim());
  if (!issuers.includes(issuer.toLowerCase())) return false;
  const parameters = new Map(words.map((word) => word.split("=", 2).map((part) => part.trim()) as [string, string]));
  const methods = parameters.get("validationmethods");
  if (methods !== undefined && !methods.split(",").includes(method)) return false;
  const account = parameters.get("accounturi");
  return account === undefined || account === accountUrl;
}
