/** Shapes of what people send about accounts and plans; what the shapes cannot say, the acts check. */
import { type Static, Type } from "typebox";

/** No control or invisible formatting characters: what is shown to administrators is read as it looks. */
const PLAIN_TEXT = "^[^\\p{Cc}\\p{Cf}\\u2028\\u2029]*$";
const MAX_ID = 64;
const MAX_NAME = 100;
const MAX_REASON = 500;
const MAX_COUNT = 100_000;
const MAX_DISK_MB = 10_000_000;
/** Two to 31 letters: shorter than the 32 of a Unix name. */
export const LOGIN = /^[a-z][a-z0-9-]{1,30}$/;
/** Purged accounts are renamed to this, so that their login is free again. */
export const RESERVED_LOGIN = /^purged-/;

const Line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: PLAIN_TEXT, refusal: "accounts.text_format" });
const Id = Type.String({ maxLength: MAX_ID });
const Count = (minimum: number, maximum = MAX_COUNT) => Type.Integer({ minimum, maximum });

export const PlanInput = Type.Object({
  name: Line(MAX_NAME),
  maxDomains: Count(0),
  maxSites: Count(0),
  diskMb: Count(1, MAX_DISK_MB),
  phpMemoryMb: Count(16, 4096),
  phpTimeSeconds: Count(5, 600),
  phpUploadMb: Count(1, 2048),
  phpWorkers: Count(1, 100),
  connections: Count(1, 1000),
  maxFtpLogins: Count(0),
});
export type PlanInput = Static<typeof PlanInput>;

export const PlanOutput = Type.Object({
  ...PlanInput.properties,
  id: Type.String(),
  isDefault: Type.Boolean(),
  accounts: Type.Integer(),
});

export const AccountInput = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 64 }),
  name: Line(MAX_NAME),
  planId: Type.Optional(Id),
  webHostId: Type.Optional(Id),
  filesHostId: Type.Optional(Id),
  /** Login of the first owner; a user of that login is used, or made with `ownerEmail`. */
  ownerLogin: Type.String({ minLength: 1, maxLength: 64 }),
  ownerEmail: Type.Optional(Type.String({ maxLength: 254 })),
});
export type AccountInput = Static<typeof AccountInput>;

export const AccountChange = Type.Object({
  name: Type.Optional(Line(MAX_NAME)),
  planId: Type.Optional(Id),
  /** The version that was read: a change made meanwhile by somebody else is then not overwritten. */
  version: Type.Optional(Type.Integer()),
});
export type AccountChange = Static<typeof AccountChange>;

/** What the page of an account sends: its fields are all there, so an empty name is a fault and not a name left out. */
export const AccountForm = Type.Object({ ...AccountChange.properties, name: Line(MAX_NAME) });

export const SuspendInput = Type.Object({ reason: Line(MAX_REASON) });
export type SuspendInput = Static<typeof SuspendInput>;

export const RemoveInput = Type.Object({ days: Type.Optional(Type.Integer({ minimum: 0, maximum: 365 })) });
export type RemoveInput = Static<typeof RemoveInput>;

export const MemberInput = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 64 }),
  role: Type.Enum(["owner", "webmaster", "mail", "reader"]),
});
export type MemberInput = Static<typeof MemberInput>;

export const AccountOutput = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  login: Type.String(),
  name: Type.String(),
  state: Type.Enum(["active", "suspended", "removed"]),
  suspendedReason: Type.Union([Type.String(), Type.Null()]),
  binUntil: Type.Union([Type.String(), Type.Null()]),
  plan: Type.Object({ id: Type.String(), name: Type.String() }),
  webHost: Type.Object({ id: Type.String(), name: Type.String() }),
  filesHost: Type.Object({ id: Type.String(), name: Type.String() }),
  version: Type.Integer(),
  createdAt: Type.String(),
});

/** What of a suspended or removed account still answers; null: nothing. Told to administrators. */
export const OneAccountOutput = Type.Object({
  ...AccountOutput.properties,
  stillOnline: Type.Union([Type.Object({ held: Type.Integer(), waiting: Type.Integer(), href: Type.String(), message: Type.String() }), Type.Null()]),
});

/** The one answer that may hold a password: it is shown once. */
export const NewAccountOutput = Type.Object({ account: AccountOutput, ownerPassword: Type.Union([Type.String(), Type.Null()]) });

export const MembershipOutput = Type.Object({ userId: Type.String(), login: Type.String(), name: Type.String(), role: Type.String() });

export const AccountParams = Type.Object({ account: Id });
export const MemberParams = Type.Object({ account: Id, user: Id });
export const PlanParams = Type.Object({ plan: Id });
export const Nothing = Type.Object({});
export const Done = Type.Object({ done: Type.Literal(true) });
