/** What other features may call. */
export { listPublications } from "./publications.js";
