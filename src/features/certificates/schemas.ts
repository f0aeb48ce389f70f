/** What may be said of certificates, and by which rules it is read. */
import { type Static, Type } from "typebox";

const MAX_URL = 500;
const MAX_CONTACT = 254;
const MAX_EAB = 500;

export const AuthorityInput = Type.Object({
  /** https://acme-v02.api.letsencrypt.org/directory */
  directory: Type.String({ minLength: 1, maxLength: MAX_URL }),
  /** Mail address, or empty. */
  contact: Type.Optional(Type.String({ maxLength: MAX_CONTACT, pattern: '^$|^[^\\s@<>,;:"()\\[\\]\\\\]{1,64}@[^\\s@<>,;:"()\\[\\]\\\\]{3,189}$' })),
  termsAgreed: Type.Optional(Type.Boolean()),
  eabKeyId: Type.Optional(Type.Union([Type.String({ maxLength: MAX_EAB }), Type.Null()])),
  /** base64url; empty: the one that is kept. */
  eabSecret: Type.Optional(Type.String({ maxLength: MAX_EAB, pattern: "^[A-Za-z0-9_+/=-]*$" })),
});
export type AuthorityInput = Static<typeof AuthorityInput>;
