/** What other features may call: nothing yet; units are touched through src/publish. */
export { listPublications, type ShownPublication } from "./publications.js";
