/** What other features may use of attach. */
export { attachDomain, getLook, lookAt } from "./looks.js";
