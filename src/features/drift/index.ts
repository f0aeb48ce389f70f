/** What other features may call. */
export { listDrift } from "./drifts.js";
