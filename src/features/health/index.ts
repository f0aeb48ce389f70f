/** What other features may use of health. */
export { checkHealth, getHealth, type Health, listHealth } from "./checks.js";
