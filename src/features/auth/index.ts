/** What others may use of auth. */
export { createIdentity } from "./identity.js";
export { looksLikeMailbox } from "./login.js";
export { checkPassword, hashPassword, makePassword } from "./passwords.js";
export { addUser, administrators, findUser, type PreparedUser, prepareUser } from "./users.js";
