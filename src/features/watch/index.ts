/** What others may use of watch. */
export { gatherChecks, worstOf } from "./gather.js";
