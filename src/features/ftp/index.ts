/** What other features may use of FTP. */
export { addLogin, getLogin, listLogins } from "./logins.js";
export type { LoginInput } from "./schemas.js";
