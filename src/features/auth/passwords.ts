/** Passwords: argon2id, two at a time, the same time for those who exist and those who do not. */
import { randomInt } from "node:crypto";
import { invalid } from "../../core/errors.js";
import { Secret } from "../../core/secret.js";
import { MAX_PASSWORD, MIN_PASSWORD } from "./schemas.js";

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane; 30–50 ms here. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const AT_ONCE = 2;
const LEAST_DISTINCT = 5;
/** What people type first, in both languages; it counts for nothing. */
const COMMON =
  /motdepasse|mot de passe|password|passwort|azerty|qwerty|admin|bonjour|welcome|soleil|doudou|letmein|iloveyou|0?123456789?0?|987654321|abcdef|globenet|alternc|mutu/g;
/** Letters and digits that are not mistaken for others when read aloud. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const GENERATED_LENGTH = 20; // 100 bits

let running = 0;
const waiting: (() => void)[] = [];
let nobodysHash: Promise<string> | undefined;

/** Hashes a password for storing. */
export async function hashPassword(password: Secret): Promise<string> {
  const argon2 = await import("argon2");
  return inTurn(() => argon2.hash(password.reveal(), { type: argon2.argon2id, ...PARAMETERS }));
}

/** Checks a password; `hash` null (nobody of that login) takes as long and is always false. */
export async function verifyPassword(hash: string | null, password: Secret): Promise<boolean> {
  const argon2 = await import("argon2");
  if (hash === null) nobodysHash ??= hashPassword(makePassword());
  const compared = hash ?? (await (nobodysHash as Promise<string>));
  const matches = await inTurn(() => argon2.verify(compared, password.reveal()));
  return matches && hash !== null;
}

/** Makes a password that is read aloud without mistakes: five groups of four. */
export function makePassword(): Secret {
  const letters = Array.from({ length: GENERATED_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return new Secret(letters.join("").replace(/(.{4})(?=.)/g, "$1-"));
}

/** Refuses a password that is easy to guess, at `field`. */
export function checkPassword(password: Secret, login: string, field: string): void {
  const text = password.reveal();
  const folded = text.toLowerCase();
  if ([...text].length < MIN_PASSWORD) throw invalid("auth.password_short", { limit: MIN_PASSWORD }, field);
  if (text.length > MAX_PASSWORD) throw invalid("auth.password_long", { limit: MAX_PASSWORD }, field);
  if (login.length > 2 && folded.includes(login.toLowerCase())) throw invalid("auth.password_login", {}, field);
  const rest = folded.replace(COMMON, "");
  if (new Set(folded).size < LEAST_DISTINCT || rest.length < MIN_PASSWORD / 2) throw invalid("auth.password_common", {}, field);
}

/** Runs at most two at a time: each takes 19 MiB and a core, and a login page must not be a way to take them all. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
