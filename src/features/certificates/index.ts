/** What other features may use of certificates. */
export type {} from "./events.js";
export { unseenOn } from "./places.js";
export { getSubject, listSubjects, type ShownSubject } from "./subjects.js";
