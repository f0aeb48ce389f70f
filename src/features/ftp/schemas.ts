/** Shapes of what people send about logins. One schema an act, for page, API and command line. */
import { type Static, Type } from "typebox";
import { MAX_DAYS } from "./expiry.js";

const MAX_ID = 64;
/** No control or invisible formatting characters: what is shown is read as it looks. */
const PLAIN_TEXT = "^[^\\p{Cc}\\p{Cf}\\u2028\\u2029]*$";
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const Note = Type.String({ maxLength: 120, pattern: PLAIN_TEXT, refusal: "ftp.text_format" });
const Folder = Type.String({ maxLength: 300 });
const Networks = Type.String({ maxLength: 2000 });
const Key = Type.String({ maxLength: 20_000 });
/** The rule, not the shape, says what is wrong with a password; `format` keeps it from being trimmed or shown again. */
const Password = Type.String({ maxLength: 1000, format: "password" });
const Days = Type.Union([Type.Integer({ minimum: 1, maximum: MAX_DAYS }), Type.Null()], { refusal: "ftp.days" });
const Day = Type.String({ maxLength: 20 });

export const LoginInput = Type.Object({
  accountId: Type.String({ minLength: 1, maxLength: MAX_ID }),
  /** A word, to which the account's login is added, or a whole name; left out: the first free one. */
  name: Type.Optional(Type.String({ maxLength: 300 })),
  note: Type.Optional(Note),
  /** Below the home; left out or empty: the whole home. */
  folder: Type.Optional(Folder),
  /** Left out: one is made, and told once. */
  password: Type.Optional(Password),
  /** No password at all: a key must be given. */
  keysOnly: Type.Optional(Type.Boolean()),
  key: Type.Optional(Key),
  readOnly: Type.Optional(Type.Boolean()),
  /** Days from now until it ends. */
  days: Type.Optional(Days),
  /** The day at whose end (UTC) it ends. */
  expiresOn: Type.Optional(Day),
  networks: Type.Optional(Networks),
});
export type LoginInput = Static<typeof LoginInput>;

export const LoginChange = Type.Object({
  note: Type.Optional(Note),
  folder: Type.Optional(Folder),
  enabled: Type.Optional(Type.Boolean()),
  readOnly: Type.Optional(Type.Boolean()),
  /** null: no end. */
  days: Type.Optional(Days),
  /** Empty: no end. */
  expiresOn: Type.Optional(Day),
  networks: Type.Optional(Networks),
  /** The version that was read: a change made meanwhile by somebody else is then not overwritten. */
  version: Type.Optional(Type.Integer()),
});
export type LoginChange = Static<typeof LoginChange>;

export const NameInput = Type.Object({ name: Type.String({ minLength: 1, maxLength: 300 }) });
export type NameInput = Static<typeof NameInput>;

export const PasswordInput = Type.Object({
  /** Left out or empty: one is made, and told once. */
  password: Type.Optional(Password),
});
export type PasswordInput = Static<typeof PasswordInput>;

export const KeyInput = Type.Object({ key: Key, label: Type.Optional(Note) });
export type KeyInput = Static<typeof KeyInput>;

export const KeyOutput = Type.Object({
  id: Type.String(),
  type: Type.String(),
  bits: Type.Integer(),
  fingerprint: Type.String(),
  label: Type.String(),
  createdAt: Type.String(),
});

export const LoginOutput = Type.Object({
  id: Type.String(),
  account: Type.Object({ id: Type.String(), login: Type.String() }),
  name: Type.String({ description: "To be typed into a program" }),
  display: Type.String({ description: "As people read it: an accented domain before it is written as one" }),
  nameUntil: nullable(Type.String({ description: "Another account has the domain of the name and wants it: then this login gets another one" })),
  note: Type.String(),
  state: Type.Enum(["live", "bin"]),
  binUntil: nullable(Type.String()),
  folder: Type.String(),
  password: Type.Boolean({ description: "It has a password; false: keys only" }),
  keys: Type.Array(KeyOutput),
  enabled: Type.Boolean(),
  readOnly: Type.Boolean(),
  expiresAt: nullable(Type.String()),
  networks: Type.Array(Type.String()),
  lastLogin: nullable(Type.Object({ at: Type.String(), from: Type.String(), by: Type.String() })),
  chip: Type.Object({ state: Type.String(), code: Type.Optional(Type.String()) }),
  version: Type.Integer(),
});

/** The one answer that may hold a password: one that was made here, told once. */
export const LoginWithPassword = Type.Object({ login: LoginOutput, password: nullable(Type.String()) });

export const LoginParams = Type.Object({ login: Type.String({ maxLength: 128 }) });
export const KeyParams = Type.Object({ login: Type.String({ maxLength: 128 }), key: Type.String({ maxLength: MAX_ID }) });
export const Done = Type.Object({ done: Type.Literal(true) });
export const Nothing = Type.Object({});

const Setting = Type.Optional(Type.Union([Type.String({ maxLength: 3000 }), Type.Null()]));
export const HostSettingsInput = Type.Object({ publicName: Setting, oldNames: Setting, sshFingerprint: Setting, tlsFingerprint: Setting });
export type HostSettingsInput = Static<typeof HostSettingsInput>;

export const HostSettingsOutput = Type.Object({
  host: Type.Object({ id: Type.String(), name: Type.String() }),
  name: Type.String(),
  publicName: nullable(Type.String()),
  oldNames: Type.Array(Type.String()),
  ftpPort: Type.Integer(),
  sftpPort: Type.Integer(),
  plainFtp: Type.Boolean(),
  sshFingerprint: nullable(Type.String()),
  tlsFingerprint: nullable(Type.String()),
});
export const HostParams = Type.Object({ host: Type.String({ maxLength: MAX_ID }) });
