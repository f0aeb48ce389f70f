/** What proves that a name is somebody's: a TXT record below it, or a delegation that carries the token (RFC 8552 for the label). */
import { askDelegation, type Resolver } from "../../core/dns/index.js";

export const CHALLENGE_LABEL = "_mutu-challenge";

/** Who is asked, and which name servers are the hosting's own. */
export interface ProofSources {
  resolver: Resolver;
  nameServers: readonly string[];
}

export interface Proof {
  by: "txt" | "delegation" | null;
  /** What stands there instead, as it was seen; empty: nothing. */
  seen: string[];
  /** Nobody could tell: neither proof nor its contrary. */
  unknown: boolean;
}

/** The record to add. */
export function challengeRecord(name: string, token: string): { name: string; type: "TXT"; value: string } {
  return { name: `${CHALLENGE_LABEL}.${name}`, type: "TXT", value: token };
}

/** The name server to add at the registrar where the DNS cannot be changed: a name of ours that only this request has. */
export function challengeServers(token: string, nameServers: readonly string[]): string[] {
  return nameServers.map((server) => `${token}.${server}`);
}

/** Looks for the proof of a request. */
export async function findProof({ resolver, nameServers }: ProofSources, name: string, token: string): Promise<Proof> {
  const record = challengeRecord(name, token);
  const texts = await resolver.ask(record.name, "TXT", { fresh: true });
  const values = texts.state === "found" ? texts.records.map(({ value }) => value) : [];
  // One character string, and exactly the token: nothing that somebody else's text could contain by chance.
  if (values.includes(`"${token}"`)) return { by: "txt", seen: values, unknown: false };
  const delegation = nameServers.length > 0 ? await askDelegation(resolver, name, { fresh: true }) : null;
  if (delegation?.state === "seen") {
    const wanted = challengeServers(token, nameServers).map((server) => `${server}.`);
    if (delegation.nameServers.some((server) => wanted.includes(server))) return { by: "delegation", seen: delegation.nameServers, unknown: false };
  }
  return { by: null, seen: values, unknown: texts.state === "unknown" };
}

/** Tells whether the delegation proof can be offered: names below our name servers lead to them, so that a registrar that tries them finds an answer. */
export async function delegationWorks({ resolver, nameServers }: ProofSources, token: string): Promise<boolean> {
  const [first] = nameServers;
  if (!first) return false;
  const [server, below] = await Promise.all([resolver.ask(first, "A"), resolver.ask(`${token}.${first}`, "A")]);
  if (server.state !== "found" || below.state !== "found") return false;
  return below.records.length > 0 && below.records.every(({ value }) => server.records.some((one) => one.value === value));
}
