/** Shapes of what people send about domains. */
import { type Static, Type } from "typebox";

const MAX_NAME = 300; // longer than any name, so that the rule and not the shape says what is wrong
const MAX_ID = 64;
const MAX_REASON = 200;

export const DomainInput = Type.Object({
  accountId: Type.String({ maxLength: MAX_ID }),
  name: Type.String({ minLength: 1, maxLength: MAX_NAME }),
});
export type DomainInput = Static<typeof DomainInput>;

export const ForbiddenInput = Type.Object({
  name: Type.String({ minLength: 1, maxLength: MAX_NAME }),
  reason: Type.String({ maxLength: MAX_REASON, default: "", pattern: "^[^\\p{Cc}\\p{Cf}\\u2028\\u2029]*$", refusal: "domains.text_format" }),
});
export type ForbiddenInput = Static<typeof ForbiddenInput>;

export const GrantInput = Type.Object({
  accountId: Type.String({ maxLength: MAX_ID }),
  name: Type.String({ minLength: 1, maxLength: MAX_NAME }),
});

export type GrantInput = Static<typeof GrantInput>;

export const Nothing = Type.Object({});
export const Done = Type.Object({ done: Type.Literal(true) });
export const DomainParams = Type.Object({ domain: Type.String({ maxLength: MAX_NAME }) });
export const NameParams = Type.Object({ name: Type.String({ maxLength: MAX_NAME }) });
export const ForbiddenOutput = Type.Object({ name: Type.String(), reason: Type.String() });
export const ConsentOutput = Type.Object({ name: Type.String(), accountId: Type.String(), login: Type.String() });

export const DomainOutput = Type.Object({
  id: Type.String(),
  /** A-label, as machines know it. */
  name: Type.String(),
  /** As people read it. */
  display: Type.String(),
  state: Type.Union([Type.Literal("live"), Type.Literal("bin")]),
  releaseAt: Type.Union([Type.String(), Type.Null()]),
  account: Type.Object({ id: Type.String(), login: Type.String() }),
  addresses: Type.Integer(),
  createdAt: Type.String(),
});
