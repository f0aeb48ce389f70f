/** What other features may call. */
export { holdText } from "./holds.js";
export { listPublications } from "./publications.js";
export { unitWords } from "./shown.js";
