/** Backups: what other features may use. */
export type {} from "./events.js";
