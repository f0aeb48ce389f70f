/** What others may use of home. */
export { decorateLanding } from "./routes.js";
