/** Shapes of what people and programs send about names. One schema an act, for page, API and command line. */
import { type Static, Type } from "typebox";
import { RECORD_TYPES } from "./record-types.js";

const MAX_ID = 64;
const MAX_NAME = 300; // longer than any name, so that the rule and not the shape says what is wrong
const MAX_TEXT = 20_000;
const MAX_FIELD = 10_000;
const MAX_NOTE = 200;
const MAX_TTL = 2_147_483_647; // RFC 2181 §8
/** What a person may read elsewhere: no control character, nothing that turns the direction of letters. */
const PLAIN = "^[^\\p{Cc}\\p{Cf}\\u2028\\u2029]*$";
const MaybeTtl = Type.Union([Type.Integer({ minimum: 0, maximum: MAX_TTL }), Type.Null()], { refusal: "shell.number" });
const text = (maxLength: number) => Type.String({ maxLength });
const note = (maxLength: number) => Type.String({ maxLength, pattern: PLAIN, refusal: "dns.text_plain" });

export const RecordTypeWord = Type.Enum([...RECORD_TYPES]);

/** A record in presentation form. A target of one label stands below the zone; one with dots is a whole name. */
export const RecordInput = Type.Object({
  /** `@`, `www` or the whole name. */
  name: text(MAX_NAME),
  type: RecordTypeWord,
  value: text(MAX_TEXT),
  /** Seconds; null: the zone's own. */
  ttl: Type.Optional(MaybeTtl),
  note: Type.Optional(note(MAX_NOTE)),
  /** Saves although there are doubts. */
  knowingly: Type.Optional(Type.Boolean()),
});
export type RecordInput = Static<typeof RecordInput>;

export const RecordChange = Type.Object({
  name: Type.Optional(text(MAX_NAME)),
  value: Type.Optional(text(MAX_TEXT)),
  ttl: Type.Optional(MaybeTtl),
  note: Type.Optional(note(MAX_NOTE)),
  knowingly: Type.Optional(Type.Boolean()),
  /** The version that was read: a change made meanwhile by somebody else is then not overwritten. */
  version: Type.Optional(Type.Integer()),
});
export type RecordChange = Static<typeof RecordChange>;

/** The moment of the last change, as it was shown; left out: whatever was last. */
export const UndoInput = Type.Object({ at: Type.Optional(Type.String({ maxLength: 40 })) });

/** The form of one record: the fields of its type, the others are not sent. */
export const RecordForm = Type.Object({
  name: Type.String({ maxLength: MAX_NAME, default: "" }),
  type: RecordTypeWord,
  ttl: Type.String({ maxLength: 20, default: "" }),
  note: Type.String({ maxLength: MAX_NOTE, pattern: PLAIN, refusal: "dns.text_plain", default: "" }),
  knowingly: Type.Boolean({ default: false }),
  version: Type.Optional(Type.Integer()),
  address: Type.Optional(text(MAX_FIELD)),
  target: Type.Optional(text(MAX_FIELD)),
  priority: Type.Optional(text(MAX_FIELD)),
  weight: Type.Optional(text(MAX_FIELD)),
  port: Type.Optional(text(MAX_FIELD)),
  text: Type.Optional(text(MAX_FIELD)),
  flags: Type.Optional(text(MAX_FIELD)),
  tag: Type.Optional(text(MAX_FIELD)),
  value: Type.Optional(text(MAX_FIELD)),
  algorithm: Type.Optional(text(MAX_FIELD)),
  digestType: Type.Optional(text(MAX_FIELD)),
  digest: Type.Optional(text(MAX_FIELD)),
  usage: Type.Optional(text(MAX_FIELD)),
  selector: Type.Optional(text(MAX_FIELD)),
  matching: Type.Optional(text(MAX_FIELD)),
  certificate: Type.Optional(text(MAX_FIELD)),
  fingerprint: Type.Optional(text(MAX_FIELD)),
  params: Type.Optional(text(MAX_FIELD)),
});
export type RecordForm = Static<typeof RecordForm>;

/** A derived record, by its name and type. */
export const DerivedKey = Type.Object({ name: text(MAX_NAME), type: RecordTypeWord });
export type DerivedKey = Static<typeof DerivedKey>;
export const DerivedForm = Type.Object({ ...DerivedKey.properties, knowingly: Type.Boolean({ default: false }) });

export const ZoneChange = Type.Object({
  mode: Type.Optional(Type.Enum(["hosted", "external"])),
  /** null: the setting's. */
  defaultTtl: Type.Optional(MaybeTtl),
  signed: Type.Optional(Type.Boolean()),
  /** Turns signatures off although the parent still vouches for them. */
  knowingly: Type.Optional(Type.Boolean()),
  /** Administrators only. */
  dnsHostId: Type.Optional(text(MAX_ID)),
});
export type ZoneChange = Static<typeof ZoneChange>;

/** The same from a page, a card at a time: what was not drawn is not sent. */
export const ZoneForm = Type.Object({
  mode: Type.Optional(Type.Enum(["hosted", "external"])),
  defaultTtl: Type.Optional(text(20)),
  signed: Type.Optional(Type.Boolean()),
  knowingly: Type.Boolean({ default: false }),
  dnsHostId: Type.Optional(text(MAX_ID)),
});

export const LockInput = Type.Object({ reason: Type.String({ maxLength: MAX_NOTE, pattern: PLAIN, refusal: "dns.text_plain", default: "" }) });
export type LockInput = Static<typeof LockInput>;

export const SettingsInput = Type.Object({
  /** One a line: name, then addresses. */
  nameServers: Type.Optional(text(4000)),
  hostmaster: Type.Optional(text(MAX_NAME)),
  defaultTtl: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_TTL })),
  negativeTtl: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_TTL })),
  signed: Type.Optional(Type.Boolean()),
  hostId: Type.Optional(text(MAX_ID)),
  catalog: Type.Optional(text(MAX_NAME)),
  maxRecords: Type.Optional(Type.Integer({ minimum: 10, maximum: 20_000 })),
  issuers: Type.Optional(text(1000)),
});
export type SettingsInput = Static<typeof SettingsInput>;

/** An unticked box is not sent. */
export const SettingsForm = Type.Object({ ...SettingsInput.properties, signed: Type.Boolean({ default: false }) });

export const SecondaryInput = Type.Object({
  name: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$", maxLength: 31, refusal: "dns.secondary_name" }),
  address: text(100),
  port: Type.Integer({ minimum: 1, maximum: 65_535, default: 53 }),
  algorithm: Type.Enum(["hmac-sha256", "hmac-sha512"], { default: "hmac-sha256" }),
});
export type SecondaryInput = Static<typeof SecondaryInput>;

export const TemplateInput = Type.Object({ name: text(MAX_NAME), type: RecordTypeWord, value: text(MAX_TEXT), ttl: Type.Optional(MaybeTtl) });
export type TemplateInput = Static<typeof TemplateInput>;

export const TemplateForm = Type.Object({ ...TemplateInput.properties, ttl: Type.String({ maxLength: 20, default: "" }) });

export const Nothing = Type.Object({});
export const Done = Type.Object({ done: Type.Literal(true) });
export const DomainParams = Type.Object({ domain: text(MAX_NAME) });
export const RecordParams = Type.Object({ domain: text(MAX_NAME), record: text(MAX_ID) });

const Problem = Type.Object({ level: Type.Enum(["error", "doubt"]), code: Type.String(), message: Type.String() });

export const RecordOutput = Type.Object({
  /** null: a derived record. */
  id: Type.Union([Type.String(), Type.Null()]),
  name: Type.String(),
  type: Type.String(),
  ttl: Type.Integer(),
  value: Type.String(),
  note: Type.String(),
  state: Type.Enum(["served", "off", "yields", "hidden"]),
  /** The feature from which a derived record comes, and why. */
  derived: Type.Union([Type.Object({ feature: Type.String(), reason: Type.String() }), Type.Null()]),
  problems: Type.Array(Problem),
});

export const ZoneOutput = Type.Object({
  id: Type.String(),
  domainId: Type.String(),
  accountId: Type.String(),
  name: Type.String(),
  display: Type.String(),
  mode: Type.Enum(["hosted", "external"]),
  nameServers: Type.Array(Type.String()),
  defaultTtl: Type.Integer(),
  signed: Type.Boolean(),
  ds: Type.Array(Type.String()),
  parent: Type.String(),
  rollOver: Type.Enum(["none", "announcing", "parent", "finishing"]),
  locked: Type.Boolean(),
  lockReason: Type.Union([Type.String(), Type.Null()]),
  chip: Type.Object({ state: Type.String(), code: Type.Optional(Type.String()) }),
});

export const SettingsOutput = Type.Object({
  nameServers: Type.Array(Type.Object({ name: Type.String(), addresses: Type.Array(Type.String()) })),
  hostmaster: Type.String(),
  defaultTtl: Type.Integer(),
  negativeTtl: Type.Integer(),
  signed: Type.Boolean(),
  hostId: Type.Union([Type.String(), Type.Null()]),
  catalog: Type.String(),
  maxRecords: Type.Integer(),
  issuers: Type.Array(Type.String()),
});

export const SecondaryOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  address: Type.String(),
  port: Type.Integer(),
  tsigName: Type.String(),
  algorithm: Type.String(),
});
/** The secret is told once, when the key is made. */
export const NewSecondaryOutput = Type.Object({ ...SecondaryOutput.properties, secret: Type.String() });

export const TemplateOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  ttl: Type.Union([Type.Integer(), Type.Null()]),
  value: Type.String(),
});
