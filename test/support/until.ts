/** Waits for a condition, bounded: tests never sleep. */
import { setTimeout as wait } from "node:timers/promises";

const STEP_MILLISECONDS = 10;
/** What comes, comes at once; a busy machine lets it come late, and waiting longer costs nothing when it does. */
const PATIENCE_SECONDS = 60;

/** Resolves with the first true answer of `condition`; throws when `seconds` have passed without one. */
export async function until<T>(condition: () => T | Promise<T>, seconds = PATIENCE_SECONDS, what = condition.toString()): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await wait(STEP_MILLISECONDS);
  }
}
