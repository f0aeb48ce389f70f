/** Logs of one site: why it fails, and the last lines of what its machine wrote. */
import type { Context } from "../../core/context.js";
import { Refusal } from "../../core/errors.js";
import type { Page, Window } from "../../core/http/paging.js";
import type { LogKind, LogLine } from "../../core/machine/index.js";
import type { Services } from "../../core/services.js";
import { findHost } from "../hosts/index.js";
import {
  type AccessEntry,
  type ApacheEntry,
  findTrouble,
  type LogSource,
  logOf,
  type PhpRecord,
  readAccess,
  readErrors,
  readPhpRecords,
  type Trouble,
  type Unread,
  visible,
} from "../logs/index.js";
import { getSite, type ShownSite } from "./sites.js";

const PERMISSION = "logs.read";
/** Lines shown of one message of PHP and its trace. */
const MAX_WORDS = 40;

/** What was read, or why nothing could be. */
export type Told<Value> = { ok: true; value: Value } | { ok: false; why: Unread };

/** Gives the site to somebody who may read its logs. */
export function siteOfLogs(ctx: Context, key: string): Promise<ShownSite> {
  return getSite(ctx, key, PERMISSION);
}

/** Makes the answer to programs and terminals when a machine could not be read: 503. */
export function unread(why: Unread): Refusal {
  return new Refusal(503, `logs.${why}`);
}

/** Finds why the site fails; null: nothing has ended a request of its in what its machine remembers. */
export async function troubleOf(services: Services, site: ShownSite): Promise<Told<Trouble | null>> {
  const source = sourceOf(site);
  const host = await findHost(services.db, source.hostId);
  const [php, errors] = await Promise.all([logOf(services, source, "php"), logOf(services, source, "error")]);
  const failed = [php, errors].find((one) => !one.ok);
  if (failed && !failed.ok) return failed;
  if (!php.ok || !errors.ok) throw new Error("a log was neither read nor refused");
  return { ok: true, value: findTrouble(php.lines, errors.lines, { home: `${host?.homes ?? ""}/${source.account}`, folder: site.folder }) };
}

/** One line as pages and programs show it. */
export interface ShownLine {
  at: Date | null;
  text: string;
  /** Of accesses. */
  status: number | null;
  address: string;
  /** Its sentence is `logs.apache.<code>`, with these words. */
  code: string | null;
  data: Record<string, string>;
}

/** Gives a page of the lines of one log that hold the words, the newest first. */
export async function listLines(services: Services, site: ShownSite, kind: LogKind, window: Window): Promise<Told<Page<ShownLine>>> {
  const read = await logOf(services, sourceOf(site), kind);
  if (!read.ok) return read;
  const lines = SHOWN[kind](read.lines);
  const wanted = window.q === "" ? lines : lines.filter(({ text, address, status }) => `${address} ${status ?? ""} ${text}`.toLowerCase().includes(window.q));
  return { ok: true, value: { rows: wanted.slice(window.skip, window.skip + window.take), total: wanted.length } };
}

/** Each the newest first. */
const SHOWN: Record<LogKind, (lines: LogLine[]) => ShownLine[]> = {
  access: (lines) => readAccess(lines).map(accessLine),
  error: (lines) => readErrors(lines).map(errorLine),
  php: (lines) => readPhpRecords(lines).reverse().map(phpLine),
};

function phpLine({ at, words }: PhpRecord): ShownLine {
  return {
    at,
    text: words
      .slice(0, MAX_WORDS)
      .map((line) => visible(line))
      .join("\n"),
    status: null,
    address: "",
    code: null,
    data: {},
  };
}

function accessLine({ at, request, status, address }: AccessEntry): ShownLine {
  return { at, text: visible(request.replace(/ HTTP\/[0-9.]+$/, "")), status, address: visible(address), code: null, data: {} };
}

function errorLine({ at, text, client, code, data }: ApacheEntry): ShownLine {
  return { at, text: visible(text), status: null, address: client, code, data };
}

/** Apache names a virtual host by one of its site's names (`_wildcard.` for a star): whichever that is, it is among these. */
function sourceOf({ account, addresses }: ShownSite): LogSource {
  return { hostId: account.webHostId, account: account.number, names: new Set(addresses.map(({ name }) => name.replace(/^\*\./, "_wildcard."))) };
}
