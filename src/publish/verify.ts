/** Asks units from outside, as the people do whom they serve, and believes only an answer that carries the unit's own hash. */
import type { Answer, Probe } from "./contract.js";

/** null: this very unit answered, in this very version. Otherwise a code with data. */
export type Doubt = { code: string; data: Record<string, string> } | null;

/** Judges an answer. Only status 200 with exactly the unit's hash proves it: a default vhost, a neighbour, an older release, a stopped pool or a fixed reply of nginx cannot know it. */
export function judge(answer: Answer, hash: string, name: string): Doubt {
  if ("error" in answer) return { code: "publications.no_answer", data: { name, reason: answer.error } };
  if (answer.status !== 200) return { code: "publications.wrong_status", data: { name, status: String(answer.status) } };
  if (answer.body.trim() !== hash) return { code: "publications.wrong_answer", data: { name } };
  return null;
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

/** Asks one question once. */
export type Ask = (probe: Probe, hash: string, timeoutMs: number) => Promise<Answer>;

/** Asks all questions, some at a time, and returns the doubt that is left for each, in order. */
export async function verifyAll(ask: Ask, questions: readonly Question[], limits: VerifyLimits): Promise<Doubt[]> {
  const doubts: Doubt[] = questions.map(() => null);
  let next = 0;
  // One deadline for all, or a thousand dead units would hold the others for an hour; each is asked at least once.
  const until = performance.now() + limits.patienceMs;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < questions.length; index = next++) {
      doubts[index] = await verifyOne(ask, questions[index] as Question, limits.timeoutMs, until);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.parallel, questions.length) }, worker));
  return doubts;
}

async function verifyOne(ask: Ask, { hash, probes }: Question, timeoutMs: number, until: number): Promise<Doubt> {
  for (const probe of probes) {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const doubt = judge(await ask(probe, hash, timeoutMs), hash, probe.name);
      if (doubt === null) break;
      if (performance.now() + pause > until) return doubt;
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }
  return null;
}
