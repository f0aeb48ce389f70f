/** What other features may use of logs. */
export { type AccessEntry, readAccess } from "./accesses.js";
export { type ApacheEntry, readErrors } from "./apache-errors.js";
export { type Cause, causeOf } from "./causes.js";
export { type LogSource, logOf, type Unread } from "./machine-log.js";
export { type PhpEntry, type PhpRecord, readPhp, readPhpRecords } from "./php-entries.js";
export { findTrouble, type Trouble } from "./troubles.js";
export { visible } from "./visible.js";
