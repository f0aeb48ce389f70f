/** Asks a unit from outside, as a visitor would reach it, and believes only an answer that carries the unit's own hash. */
import { type Agent, request } from "node:https";
import type { Probe, WebAddress } from "./contract.js";

const PROBE_PATHS: Record<Probe["kind"], string> = { web: "/.well-known/mutu-probe", php: "/.well-known/mutu-probe/php" };

/** What came back: an answer, or the reason why there is none. */
export type Answer = { status: number; body: string } | { error: string };

/** null: this very unit answered, in this very version. Otherwise a code with data. */
export type Doubt = { code: string; data: Record<string, string> } | null;

/** Judges an answer. Only status 200 with exactly the unit's hash proves it: a default vhost, a neighbour, an older release, a stopped pool or a fixed reply of nginx cannot know it. */
export function judge(answer: Answer, hash: string, name: string): Doubt {
  if ("error" in answer) return { code: "publications.no_answer", data: { name, reason: answer.error } };
  if (answer.status !== 200) return { code: "publications.wrong_status", data: { name, status: String(answer.status) } };
  if (answer.body.trim() !== hash) return { code: "publications.wrong_answer", data: { name } };
  return null;
}

/** A hash has 64 characters: whatever is longer is not one. */
const LONGEST_ANSWER = 1024;

/** Asks once. The certificate is not checked: during its first hours a name has none, and the content proves itself. */
export function ask(web: WebAddress, probe: Probe, agent: Agent, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const options = {
      agent,
      host: web.address,
      port: web.httpsPort,
      servername: probe.name,
      path: PROBE_PATHS[probe.kind],
      headers: { host: probe.name, "user-agent": "mutu-probe" },
      rejectUnauthorized: false,
      // Covers the connection, the handshake and the answer: a machine that swallows packets must not hold the run.
      signal: AbortSignal.timeout(timeoutMs),
    };
    const asked = request(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
        if (body.length > LONGEST_ANSWER) response.destroy();
      });
      response.on("close", () => resolve({ status: response.statusCode ?? 0, body: body.slice(0, LONGEST_ANSWER) }));
      response.on("error", () => undefined);
    });
    asked.on("error", (error: NodeJS.ErrnoException) => resolve({ error: error.code === "ABORT_ERR" ? "timeout" : (error.code ?? error.message) }));
    asked.end();
  });
}

/** A unit to be asked: all its questions must be answered with its hash. */
export interface Question {
  hash: string;
  probes: readonly Probe[];
}

export interface VerifyLimits {
  /** How long units may take together until they answer rightly; they are asked again meanwhile. */
  patienceMs: number;
  timeoutMs: number;
  parallel: number;
}

export const VERIFY_LIMITS: VerifyLimits = { patienceMs: 5_000, timeoutMs: 3_000, parallel: 16 };

const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 640;

/** Asks all questions, some at a time, and returns the doubt that is left for each, in order. */
export async function verifyAll(web: WebAddress, questions: readonly Question[], agent: Agent, limits: VerifyLimits): Promise<Doubt[]> {
  const doubts: Doubt[] = questions.map(() => null);
  let next = 0;
  // One deadline for all, or a thousand dead units would hold the others for an hour; each is asked at least once.
  const until = performance.now() + limits.patienceMs;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < questions.length; index = next++) {
      doubts[index] = await verifyOne(web, questions[index] as Question, agent, limits.timeoutMs, until);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.parallel, questions.length) }, worker));
  return doubts;
}

async function verifyOne(web: WebAddress, { hash, probes }: Question, agent: Agent, timeoutMs: number, until: number): Promise<Doubt> {
  for (const probe of probes) {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const doubt = judge(await ask(web, probe, agent, timeoutMs), hash, probe.name);
      if (doubt === null) break;
      if (performance.now() + pause > until) return doubt;
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }
  return null;
}
