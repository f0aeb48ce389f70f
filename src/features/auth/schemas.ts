/** Shapes of what people send about people, and of what they are told. */
import { type Static, Type } from "typebox";

export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 200; // argon2 reads all of it: a longer one only costs
/** No control or invisible formatting characters: what is shown to administrators is read as it looks. */
const PLAIN_TEXT = "^[^\\p{Cc}\\p{Cf}\\u2028\\u2029]*$";
const MAX_ID = 64;

export const LOGIN_PATTERN = "^[a-z][a-z0-9.-]{1,31}$";

const Name = Type.String({ maxLength: 120, pattern: PLAIN_TEXT, refusal: "auth.text_format" });
const Email = Type.String({ maxLength: 254, format: "email", refusal: "auth.email_format" });
const LocaleChoice = Type.Enum(["fr", "en"]);
const AppearanceChoice = Type.Enum(["auto", "light", "dark"]);
/** The rule, not the shape, says what is wrong with a password; `format` keeps it from being trimmed or shown again. */
const Password = Type.String({ minLength: 1, maxLength: 1000, format: "password" });

/** The caller's own password, where the login is not fresh enough for a change of security (proof.ts). */
const proof = Type.Optional(Password);
export const ProofInput = Type.Object({ proof });

/** What the login form sends. A login may be a mistyped mailbox: the rule looks at it. */
export const LoginInput = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 254 }),
  password: Password,
  next: Type.Optional(Type.String({ maxLength: 2000 })),
});

export const UserInput = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 64, pattern: "^\\s*[A-Za-z][A-Za-z0-9.-]{1,31}\\s*$", refusal: "auth.login_format" }),
  email: Email,
  name: Type.Optional(Name),
  admin: Type.Optional(Type.Boolean()),
  proof,
});
export type UserInput = Static<typeof UserInput>;

/** What administrators change of a person. */
export const UserChange = Type.Object({ email: Email, name: Type.Optional(Name), admin: Type.Optional(Type.Boolean()), proof });
export type UserChange = Static<typeof UserChange>;

/** What people change of themselves. A language that is left out follows the browser. */
export const ProfileInput = Type.Object({
  email: Email,
  name: Type.Optional(Name),
  locale: Type.Optional(LocaleChoice),
  appearance: Type.Optional(AppearanceChoice),
  proof,
});
export type ProfileInput = Static<typeof ProfileInput>;

export const PasswordInput = Type.Object({ current: Password, password: Password, again: Type.Optional(Password) });
export type PasswordInput = Static<typeof PasswordInput>;

export const TokenInput = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 80, pattern: PLAIN_TEXT, refusal: "auth.text_format" }),
  /** Days until it ends; left out: no end. */
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 })),
  proof,
});
export type TokenInput = Static<typeof TokenInput>;

export const LanguageInput = Type.Object({ locale: LocaleChoice, back: Type.Optional(Type.String({ maxLength: 2000 })) });
export const SwitchInput = Type.Object({
  account: Type.Optional(Type.String({ maxLength: MAX_ID })),
  back: Type.Optional(Type.String({ maxLength: 2000 })),
});
export const Nothing = Type.Object({});

export const UserParams = Type.Object({ user: Type.String({ maxLength: MAX_ID }) });
export const SessionParams = Type.Object({ session: Type.String({ maxLength: 128 }) });
export const TokenParams = Type.Object({ token: Type.String({ maxLength: MAX_ID }) });

const Moment = Type.String({ format: "date-time" });
const MaybeMoment = Type.Union([Moment, Type.Null()]);

export const UserOutput = Type.Object({
  id: Type.String(),
  login: Type.String(),
  email: Type.String(),
  name: Type.String(),
  admin: Type.Boolean(),
  disabledAt: MaybeMoment,
  createdAt: Moment,
  lastLoginAt: MaybeMoment,
});

/** The one answer that holds a password: it is shown once. */
export const UserWithPassword = Type.Object({ user: UserOutput, password: Type.String() });

export const ProfileOutput = Type.Object({
  id: Type.String(),
  login: Type.String(),
  email: Type.String(),
  name: Type.String(),
  admin: Type.Boolean(),
  locale: Type.Union([Type.String(), Type.Null()]),
  appearance: Type.String(),
});

export const SessionOutput = Type.Object({
  id: Type.String(),
  address: Type.String(),
  browser: Type.String(),
  createdAt: Moment,
  lastSeenAt: Moment,
  current: Type.Boolean(),
});

export const TokenOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hint: Type.String(),
  createdAt: Moment,
  lastUsedAt: MaybeMoment,
  expiresAt: MaybeMoment,
});

/** The one answer that holds a key: it is shown once. */
export const NewTokenOutput = Type.Object({ token: TokenOutput, secret: Type.String() });
