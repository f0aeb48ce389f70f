/** Shapes of what people send about accounts and plans; what the shapes cannot say, the acts check. */
import { type Static, Type } from "typebox";

const MAX_NAME = 100;
const MAX_REASON = 500;
const MAX_COUNT = 100_000;
const MAX_DISK_MB = 10_000_000;
/** Two to 31 letters: shorter than the 32 of a Unix name. */
export const LOGIN = /^[a-z][a-z0-9-]{1,30}$/;
/** Purged accounts are renamed to this, so that their login is free again. */
export const RESERVED_LOGIN = /^purged-/;

const Count = (minimum: number, maximum = MAX_COUNT) => Type.Integer({ minimum, maximum });

export const PlanInput = Type.Object({
  name: Type.String({ minLength: 1, maxLength: MAX_NAME }),
  maxDomains: Count(0),
  maxSites: Count(0),
  diskMb: Count(1, MAX_DISK_MB),
  phpMemoryMb: Count(16, 4096),
  phpTimeSeconds: Count(5, 600),
  phpUploadMb: Count(1, 2048),
  phpWorkers: Count(1, 100),
  connections: Count(1, 1000),
});
export type PlanInput = Static<typeof PlanInput>;

export const PlanOutput = Type.Intersect([
  PlanInput,
  Type.Object({ id: Type.String(), isDefault: Type.Boolean(), version: Type.Integer() }),
]);

export const AccountInput = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 64, title: "accounts.login" }),
  name: Type.String({ minLength: 1, maxLength: MAX_NAME }),
  planId: Type.Optional(Type.String({ maxLength: 64 })),
  webHostId: Type.Optional(Type.String({ maxLength: 64 })),
  filesHostId: Type.Optional(Type.String({ maxLength: 64 })),
  /** Login of the first owner; a user of that login is used, or made with `ownerEmail`. */
  ownerLogin: Type.String({ minLength: 1, maxLength: 64 }),
  ownerEmail: Type.Optional(Type.String({ maxLength: 254 })),
});
export type AccountInput = Static<typeof AccountInput>;

export const AccountChange = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_NAME })),
  planId: Type.Optional(Type.String({ maxLength: 64 })),
  /** The version that was read: a change made meanwhile by somebody else is then not overwritten. */
  version: Type.Optional(Type.Integer()),
});
export type AccountChange = Static<typeof AccountChange>;

export const SuspendInput = Type.Object({ reason: Type.String({ minLength: 1, maxLength: MAX_REASON }) });
export type SuspendInput = Static<typeof SuspendInput>;

export const RemoveInput = Type.Object({ days: Type.Optional(Type.Integer({ minimum: 0, maximum: 365 })) });
export type RemoveInput = Static<typeof RemoveInput>;

export const MemberInput = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 64 }),
  role: Type.Union([Type.Literal("owner"), Type.Literal("webmaster"), Type.Literal("mail"), Type.Literal("reader")]),
});
export type MemberInput = Static<typeof MemberInput>;

export const AccountOutput = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  login: Type.String(),
  name: Type.String(),
  state: Type.Union([Type.Literal("active"), Type.Literal("suspended"), Type.Literal("removed")]),
  suspendedReason: Type.Union([Type.String(), Type.Null()]),
  binUntil: Type.Union([Type.String(), Type.Null()]),
  plan: Type.Object({ id: Type.String(), name: Type.String() }),
  webHost: Type.Object({ id: Type.String(), name: Type.String() }),
  filesHost: Type.Object({ id: Type.String(), name: Type.String() }),
  version: Type.Integer(),
  createdAt: Type.String(),
});
