/** What a message of PHP means: a code and the words that its sentence needs. The order matters: the first that fits. Pure. */
import { visible } from "./visible.js";

/** Sentences: `logs.causes.<code>` (what happened) and `logs.hints.<code>` (what to do). */
export interface Cause {
  code: string;
  data: Record<string, string | number>;
}

const BYTES_PER_MB = 1024 * 1024;
const MAX_WORD = 120;
/** A member chooses the words of an exception: no pattern searches them for ever. */
const MAX_READ = 2000;

type Reader = [pattern: RegExp, code: string, data?: (words: string[]) => Record<string, string | number>];

const name = ([one = ""]: string[]) => ({ name: one });

/** Of messages that end a request. */
const FATAL: Reader[] = [
  [/^Allowed memory size of (\d+) bytes exhausted/, "memory", ([bytes]) => ({ mb: Math.round(Number(bytes) / BYTES_PER_MB) })],
  [/^Out of memory/, "memory_pool"],
  [/^Maximum execution time of (\d+) seconds? exceeded/, "time", ([seconds]) => ({ count: Number(seconds) })],
  [/(?:Disk quota exceeded|errno=122)/, "quota"],
  [/(?:No space left on device|errno=28\b)/, "disk_full"],
  [/could not find driver/, "database_driver"],
  [/\[1045\]|Access denied for user '([^']*)'/, "database_denied", ([user = ""]) => ({ name: user })],
  [/\[1044\]|Access denied for user .* to database '([^']*)'/, "database_denied", ([user = ""]) => ({ name: user })],
  [/Unknown database '([^']*)'/, "database_unknown", name],
  [/Table '([^']*)' doesn't exist/, "table_missing", name],
  [/Too many connections|max_user_connections/, "database_full"],
  [/MySQL server has gone away/, "database_gone"],
  [
    /(?:mysqli|PDO|SQLSTATE).*(?:Connection refused|Connection timed out|No such file or directory|getaddrinfo|Operation not permitted|\[2002\])|^Uncaught mysqli_sql_exception: (?:Connection refused|No such file or directory|Connection timed out|Operation not permitted|php_network_getaddresses)/s,
    "database_refused",
  ],
  [
    /^Uncaught Error: Call to undefined function (?:[A-Za-z0-9_\\]*\\)?((?:mysqli?|pg|image|curl|mb|imap|ldap|simplexml|xml|dom|gz|zip|bc|intl|iconv|ftp|exif|openssl|sodium|apcu|json|ctype)(?:_\w+|create\w*|open\w*))\(\)/,
    "extension",
    name,
  ],
  [/^Uncaught Error: Call to undefined function ([^(]+)\(\)/, "function_unknown", name],
  [/^Uncaught Error: Call to (?:undefined|private|protected) method ([^(]+)\(\)/, "method_unknown", name],
  [/^Uncaught Error: (?:Class|Interface|Trait|Enum) "([^"]+)" not found/, "class_missing", name],
  [/^(?:Class|Interface|Trait) "([^"]+)" not found/, "class_missing", name],
  [/^Uncaught Error: Undefined constant "?([^" ]+)"?/, "constant_unknown", name],
  [/^(?:Uncaught Error: )?Failed opening required '([^']*)'/, "file_missing", name],
  [/^Uncaught Error: (?:Call to a member function (\w+)\(\) on |Attempt to )/, "on_nothing", ([method = ""]) => ({ name: method })],
  [/^Uncaught ArgumentCountError: /, "arguments"],
  [/^Uncaught TypeError: /, "type"],
  [/^Uncaught DivisionByZeroError: /, "division"],
  [/^Cannot (?:redeclare|declare class) (?:function )?([^\s(,]+)/, "declared_twice", name],
  [/(?:Permission denied)/, "permission"],
  [/^Uncaught ([A-Za-z0-9_\\]+)(?:: (.*))?$/s, "uncaught", ([kind = "", text = ""]) => ({ name: kind, text })],
];

/** Of warnings: why a file could not be had. They explain the fatal message that follows, or tell what visitors notice too. */
const WARNINGS: Reader[] = [
  [/Disk quota exceeded|errno=122/, "quota"],
  [/No space left on device|errno=28\b/, "disk_full"],
  [/open_basedir restriction in effect\. File\((.*?)\) is not within/s, "outside", name],
  [/^\w+\((.*?)\): Failed to open stream: Permission denied/is, "permission", name],
  [/Permission denied$/, "permission", () => ({ name: "" })],
];
/** What a warning alone is trouble enough for: nothing can be written any more. */
const GRAVE = new Set(["quota", "disk_full"]);

/** Says what ended a request. `before` are warnings of the same moment and place, which know why a file could not be opened. */
export function causeOf(entry: { level: string; message: string }, before: readonly string[] = []): Cause {
  if (entry.level === "parse") return { code: "parse", data: { text: word(entry.message) } };
  const found = first(FATAL, entry.message);
  if (found?.code === "file_missing" || found?.code === "permission") {
    for (const warning of [...before].reverse()) {
      const why = first(WARNINGS, warning);
      if (why) return { code: why.code, data: { ...found.data, ...dataWithWords(why.data) } };
    }
  }
  return found ?? { code: "other", data: { text: word(entry.message) } };
}

/** Says what a warning tells that stops the site as an end does; null: nothing of the kind. */
export function graveWarning(message: string): Cause | null {
  const found = first(WARNINGS, message);
  return found && GRAVE.has(found.code) ? found : null;
}

function first(readers: Reader[], message: string): Cause | null {
  const beginning = message.slice(0, MAX_READ);
  for (const [pattern, code, data] of readers) {
    const found = pattern.exec(beginning);
    if (!found) continue;
    const words = data?.(found.slice(1).map((one) => one ?? "")) ?? {};
    return { code, data: Object.fromEntries(Object.entries(words).map(([key, value]) => [key, typeof value === "string" ? word(value) : value])) };
  }
  return null;
}

function dataWithWords(data: Cause["data"]): Cause["data"] {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== ""));
}

function word(text: string): string {
  return visible(text, MAX_WORD);
}
