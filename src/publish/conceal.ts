/** Takes the words of secret files out of what programs say: one that refuses a line quotes it, and its words are kept, shown and logged. */
import type { Failure, StepFailure } from "../core/machine/index.js";
import type { FileChange } from "./manifest.js";
import type { Store } from "./store.js";

/** Shorter words are those of the format; keys, hashes and lines of PEM are longer. */
const WORDS = /[^\s"'=;]{16,}/g;
/** A name tells nobody anything, and sentences need it. */
const NAME = /^(?:[a-z0-9_-]+\.)+[a-z0-9-]*\.?$/;
const HIDDEN = "[secret]";

/** Gives the failure without the words that stand in secret files among the changes. */
export async function concealSecrets(store: Store, changes: readonly FileChange[], failure: Failure): Promise<Failure> {
  if (!("failures" in failure)) return failure;
  const said = failure.failures.flatMap(({ output }) => output).join("\n");
  const hidden: string[] = [];
  for (const { newHash } of changes) {
    if (newHash === null || (await store.show(newHash)) !== null) continue;
    for (const [word] of (await store.get(newHash)).matchAll(WORDS)) if (!NAME.test(word) && said.includes(word)) hidden.push(word);
  }
  if (hidden.length === 0) return failure;
  // The longest first, or what begins like another one would leave its end.
  hidden.sort((a, b) => b.length - a.length);
  const conceal = (line: string): string => hidden.reduce((text, word) => text.replaceAll(word, HIDDEN), line);
  const failures = failure.failures.map((step): StepFailure => ({ ...step, output: step.output.map(conceal) }));
  return { ...failure, failures };
}
