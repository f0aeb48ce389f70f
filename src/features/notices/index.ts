/** What other features may use of notices. */
export { addNotice } from "./notices.js";
export type { NoticeInput } from "./schemas.js";
