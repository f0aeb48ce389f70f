/** Log lines: JSON by pino, with ids and without secrets. */
import { type DestinationStream, type Logger, pino } from "pino";

/** Names under which a secret could be logged by mistake; the `Secret` type hides itself anyway. */
const REDACTED = ["password", "newPassword", "currentPassword", "secret", "token", "cookie", "authorization", "privateKey", "key", "_csrf", "code"];

/** Makes the logger of the program; `destination` is for tests. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[secret]" },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}
