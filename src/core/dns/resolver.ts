/** Asks the world's DNS: through a resolver, or one name server about what it keeps itself. Bounded in time and number, remembered shortly. */

import { Gate } from "../gate.js";
import { type Exchange, exchange, type Server } from "./exchange.js";
import type { Answer, Question, SeenRecord } from "./message.js";
import type { SeenType } from "./seen-data.js";
import type { ResolverSettings } from "./servers.js";

const AT_ONCE = 24;
const LINE = 2000;
const TRY_MS = 1500;
const TRIES = 2;
const TOTAL_MS = 5000;
const REMEMBERED_MS = 20_000;
const FAILURE_REMEMBERED_MS = 3000;
const MAX_REMEMBERED = 5000;
const MAX_ALIASES = 10;
const NO_SUCH_NAME = 3;
const REFUSED = 5;

/** Why nobody could tell. `failed`: the server says that it cannot (SERVFAIL, often a broken signature); `busy`: we asked too much at once. */
export type Failure = "timeout" | "unreachable" | "broken" | "failed" | "refused" | "busy" | "no_server";

/** What the world says of one name and type. */
export type Seen =
  /** `alias`: the name leads elsewhere (CNAME), and the records are those of that name. */
  { state: "found"; records: SeenRecord[]; alias: string | null } | { state: "none"; nameExists: boolean } | { state: "unknown"; reason: Failure };

/** What one server says of its own accord: also a referral (RFC 1034 §4.3.1), which a resolver would follow. */
export type Told = { state: "told"; answer: Answer } | { state: "unknown"; reason: Failure };

export interface AskOptions {
  /** Does not take an answer from a moment ago. */
  fresh?: boolean;
}

export interface Resolver {
  readonly settings: ResolverSettings;
  /** Asks the resolver to find out; never throws. */
  ask(name: string, type: SeenType, options?: AskOptions): Promise<Seen>;
  /** Asks one server, which answers from what it keeps; never throws. */
  askAt(server: Server, name: string, type: SeenType, options?: AskOptions): Promise<Told>;
}

export interface ResolverLimits {
  tryMs: number;
  totalMs: number;
}

/** Makes a resolver. It holds nothing open between questions. */
export function createResolver(settings: ResolverSettings, limits: ResolverLimits = { tryMs: TRY_MS, totalMs: TOTAL_MS }): Resolver {
  const gate = new Gate(AT_ONCE, LINE);
  const memory = new Memory();
  const tell = async (servers: readonly Server[], question: Question, recursive: boolean): Promise<Told> =>
    (await gate.pass(() => tryServers(servers, question, recursive, limits))) ?? { state: "unknown", reason: "busy" };
  return {
    settings,
    async ask(name, type, { fresh = false } = {}) {
      const told = await memory.take(`? ${name} ${type}`, fresh, () => tell(settings.servers, { name, type }, true));
      return told.state === "unknown" ? told : seenOf(told.answer, name, type);
    },
    askAt(server, name, type, { fresh = false } = {}) {
      return memory.take(`${server.address} ${server.port} ${name} ${type}`, fresh, () => tell([server], { name, type }, false));
    },
  };
}

async function tryServers(servers: readonly Server[], question: Question, recursive: boolean, limits: ResolverLimits): Promise<Told> {
  const end = performance.now() + limits.totalMs;
  let reason: Failure = "no_server";
  for (let round = 0; round < TRIES; round += 1) {
    for (const server of servers) {
      const left = end - performance.now();
      if (left <= 0) return { state: "unknown", reason };
      const options: Exchange = { recursive, timeoutMs: Math.min(limits.tryMs, left) };
      const answer = await exchange(server, question, options);
      if (typeof answer !== "string" && (answer.rcode === 0 || answer.rcode === NO_SUCH_NAME)) return { state: "told", answer };
      reason = typeof answer === "string" ? answer : answer.rcode === REFUSED ? "refused" : "failed";
    }
  }
  return { state: "unknown", reason };
}

/** Follows the aliases of an answer from the name that was asked; records of other names in it do not count. */
export function seenOf(answer: Answer, name: string, type: SeenType): Seen {
  const start = `${name.toLowerCase().replace(/\.$/, "")}.`;
  let owner = start;
  for (let step = 0; step <= MAX_ALIASES; step += 1) {
    const records = answer.answers.filter((one) => one.name === owner && one.type === type);
    if (records.length > 0) return { state: "found", records, alias: owner === start ? null : owner };
    const next = answer.answers.find((one) => one.name === owner && one.type === "CNAME");
    if (!next) break;
    owner = next.value;
  }
  if (owner !== start) return { state: "found", records: [], alias: owner };
  return { state: "none", nameExists: answer.rcode !== NO_SUCH_NAME };
}

/** Answers of a moment ago, so that a page, its stream and a job do not ask the same thing three times. Questions under way are shared. */
class Memory {
  readonly #answers = new Map<string, { until: number; told: Promise<Told> }>();

  async take(key: string, fresh: boolean, ask: () => Promise<Told>): Promise<Told> {
    const now = performance.now();
    const known = this.#answers.get(key);
    if (known && known.until > now && !fresh) return known.told;
    const entry = { until: Number.POSITIVE_INFINITY, told: ask() };
    this.#forget(now);
    this.#answers.delete(key);
    this.#answers.set(key, entry);
    const told = await entry.told;
    entry.until = performance.now() + (told.state === "told" ? REMEMBERED_MS : FAILURE_REMEMBERED_MS);
    return told;
  }

  /** Lets go of what is over, and of the oldest when there is too much. */
  #forget(now: number): void {
    if (this.#answers.size < MAX_REMEMBERED) return;
    for (const [key, { until }] of this.#answers) if (until <= now) this.#answers.delete(key);
    for (const key of this.#answers.keys()) {
      if (this.#answers.size < MAX_REMEMBERED) break;
      this.#answers.delete(key);
    }
  }
}
