/** What went wrong, as a code with its data; kept as text and read again carefully. */
import type { ErrorData } from "../../core/errors.js";

export interface Problem {
  /** `certificates.points_elsewhere`: its sentence is `certificates.errors.points_elsewhere`. */
  code: string;
  data: ErrorData;
  /** When it was seen. */
  at: string;
}

/** Makes what is kept. */
export function writeProblem(code: string, data: ErrorData, at: Date): string {
  return JSON.stringify({ code, data, at: at.toISOString() } satisfies Problem);
}

/** Reads what was kept; null when there is nothing, or nothing of this kind. */
export function readProblem(stored: string | null): Problem | null {
  if (stored === null) return null;
  try {
    const { code, data, at } = JSON.parse(stored);
    return typeof code === "string" && typeof at === "string" && typeof data === "object" && data !== null ? { code, data, at } : null;
  } catch {
    return null;
  }
}
