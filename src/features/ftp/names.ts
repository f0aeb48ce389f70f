/**
 * Names of logins. What begins with an account's own login, or with one of its domains (AlternC's rule), can be no neighbour's: account logins hold
 * neither dot nor underscore, and a domain belongs to one account.
 */
import { displayName, parseName } from "../domains/index.js";
import { PROBE_PREFIX } from "./role.js";

const MAX_NAME = 100;
/** Room for the account's login before it and a number behind it. */
const MAX_OWN = 60;
/** What machines accept (role.ts). */
const NAME = /^[a-z0-9][a-z0-9._@-]*$/;
const ASCII = /^[\x20-\x7e]*$/;
const WORD = /^[a-z0-9][a-z0-9-]{0,39}$/;

export type NameFault = "invalid" | "reserved" | "prefix";

/** Reads a typed name. `marie` in the account `club` becomes `club_marie`; a whole name must begin with the login or a domain of the account. */
export function parseLoginName(
  typed: string,
  account: { login: string; domains: readonly string[] },
  anyName: boolean,
): { name: string } | { fault: NameFault } {
  const name = plainName(typed);
  if (name.startsWith(PROBE_PREFIX)) return { fault: "reserved" };
  if (!isLoginName(name)) return { fault: "invalid" };
  const base = baseOf(name);
  if (name !== `${base}_` && (base === account.login || account.domains.some((domain) => base === domain || base.endsWith(`.${domain}`)))) return { name };
  // Imported logins keep the name that stands in people's programs, whatever it is; only administrators can say so.
  if (anyName && /[._@]/.test(name)) return { name };
  if (WORD.test(name)) return { name: `${account.login}_${name}` };
  return { fault: name.includes(".") || name.includes("_") ? "prefix" : "invalid" };
}

/** Whether a name is of the grammar that machines accept, with room for it in their files. */
export function isLoginName(name: string): boolean {
  return name.length <= MAX_NAME && NAME.test(name);
}

/** Gives a name as machines know it: the domain before it may be typed as people read it, `été.fr_marie`. */
export function plainName(typed: string): string {
  const name = typed.trim().normalize("NFC").toLowerCase();
  const base = baseOf(name);
  // Only a name and nothing else: no address to open, which parseName would understand.
  if (ASCII.test(base) || /[/:]/.test(base)) return name;
  const domain = parseName(base);
  return domain ? domain + name.slice(base.length) : name;
}

/** Gives a name as people read it. */
export function shownName(name: string): string {
  const base = baseOf(name);
  return base.includes("xn--") ? displayName(base) + name.slice(base.length) : name;
}

/** What stands before the first underscore: the login or the domain that gives the right to the name. */
export function baseOf(name: string): string {
  return name.split("_", 1)[0] ?? "";
}

/** Proposes the first free name: the account's own login, then `login_2`… */
export function proposeName(login: string, taken: ReadonlySet<string>): string {
  let name = login;
  for (let n = 2; taken.has(name); n += 1) name = `${login}_${n}`;
  return name;
}

/** Tells whether a name begins with a domain, or with a name below it. */
export function isNamedBy(name: string, domain: string): boolean {
  const base = baseOf(name);
  return base === domain || base.endsWith(`.${domain}`);
}

/** Gives a free name of the account's own to a login that has to leave its name, as like it as may be. */
export function ownName(login: string, name: string, taken: ReadonlySet<string>): string {
  const rest = name.slice(baseOf(name).length + 1, MAX_OWN);
  return proposeName(rest === "" ? login : `${login}_${rest}`, taken);
}
