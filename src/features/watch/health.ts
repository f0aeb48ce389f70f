/** What `/healthz` answers: whether this very process can serve. It tells no secret and asks the database every two seconds at most. */
import { clockStands } from "../../core/jobs/index.js";
import type { Services } from "../../core/services.js";
import { readSetting } from "../../core/settings.js";

const KEPT_MS = 2_000;
/** A database that takes longer answers nobody's page either. */
const PATIENCE_MS = 3_000;

/** One word: what is at fault, or `ok`. */
export type Health = "ok" | "database" | "jobs" | "closing";

export interface HealthDoor {
  ask(): Promise<Health>;
  /** From now on the answer is `closing`: whoever stands in front sends people elsewhere. */
  close(): void;
}

/** Makes what answers. Those who ask while a look is under way share it, and what it found is kept for a moment. */
export function createHealth({ db }: Pick<Services, "db">, { keptMs = KEPT_MS, patienceMs = PATIENCE_MS } = {}): HealthDoor {
  let closing = false;
  let kept: { at: number; answers: Promise<boolean> } | null = null;

  function databaseAnswers(): Promise<boolean> {
    if (kept === null || performance.now() - kept.at > keptMs) kept = { at: performance.now(), answers: look() };
    return kept.answers;
  }

  async function look(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), patienceMs);
    });
    const read = readSetting(db, "watch.health").then(
      () => true,
      () => false,
    );
    const answers = await Promise.race([read, late]);
    clearTimeout(timer);
    return answers;
  }

  return {
    async ask() {
      if (closing) return "closing";
      if (!(await databaseAnswers())) return "database";
      return clockStands(new Date()) ? "jobs" : "ok";
    },
    close() {
      closing = true;
    },
  };
}
