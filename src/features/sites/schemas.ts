/** Shapes of what people send about sites. One schema an act, for page, API, command line and job. */
import { type Static, Type } from "typebox";

const MAX_ID = 64;
const MAX_ADDRESS = 300; // longer than any name, so that the rule and not the shape says what is wrong
const MAX_FOLDER = 300;
const MAX_TARGET = 4000;
const MAX_INDEX = 300;
/** A number or nothing; what is neither is told as "not a number", not as a wrong choice. */
const MaybeNumber = (minimum: number, maximum: number) => Type.Union([Type.Integer({ minimum, maximum }), Type.Null()], { refusal: "shell.number" });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const Kind = Type.Union([Type.Literal("folder"), Type.Literal("redirect"), Type.Literal("proxy"), Type.Literal("maintenance")]);
export type Kind = Static<typeof Kind>;

/** What a site does, each part optional: what is left out stays, or takes its default in a new site. */
const settings = {
  kind: Type.Optional(Kind),
  folder: Type.Optional(Type.String({ maxLength: MAX_FOLDER })),
  /** An empty text: PHP off. */
  phpVersion: Type.Optional(Type.String({ maxLength: 8 })),
  /** null: what the plan gives. */
  memoryMb: Type.Optional(MaybeNumber(1, 65_536)),
  timeSeconds: Type.Optional(MaybeNumber(1, 86_400)),
  uploadMb: Type.Optional(MaybeNumber(1, 65_536)),
  indexFiles: Type.Optional(Type.String({ maxLength: MAX_INDEX })),
  errorPage403: Type.Optional(Type.String({ maxLength: MAX_FOLDER })),
  errorPage404: Type.Optional(Type.String({ maxLength: MAX_FOLDER })),
  errorPage500: Type.Optional(Type.String({ maxLength: MAX_FOLDER })),
  forceHttps: Type.Optional(Type.Boolean()),
  /** null: the header is not sent. */
  hstsSeconds: Type.Optional(MaybeNumber(0, 63_072_000)),
  target: Type.Optional(Type.String({ maxLength: MAX_TARGET })),
  redirectStatus: Type.Optional(Type.Integer({ minimum: 301, maximum: 308 })),
  keepPath: Type.Optional(Type.Boolean()),
  proxyTarget: Type.Optional(Type.String({ maxLength: MAX_TARGET })),
};

export const SiteInput = Type.Object({
  accountId: Type.String({ maxLength: MAX_ID }),
  address: Type.String({ minLength: 1, maxLength: MAX_ADDRESS }),
  /** Both `example.org` and `www.example.org`, one leading to the other; true when left out and the address allows it. */
  withWww: Type.Optional(Type.Boolean()),
  /** Of the starter page that a new folder receives. */
  language: Type.Optional(Type.Union([Type.Literal("fr"), Type.Literal("en")])),
  ...settings,
});
export type SiteInput = Static<typeof SiteInput>;

export const SiteChange = Type.Object({
  ...settings,
  /** The name to which the others lead; an empty text: each answers for itself. */
  canonical: Type.Optional(Type.String({ maxLength: MAX_ADDRESS })),
  /** The version that was read: a change made meanwhile by somebody else is then not overwritten. */
  version: Type.Optional(Type.Integer()),
});
export type SiteChange = Static<typeof SiteChange>;

export const AddressInput = Type.Object({
  address: Type.String({ minLength: 1, maxLength: MAX_ADDRESS }),
  withWww: Type.Optional(Type.Boolean()),
});
export type AddressInput = Static<typeof AddressInput>;

export const ProxyTargetInput = Type.Object({ origin: Type.String({ minLength: 1, maxLength: MAX_TARGET }) });
export type ProxyTargetInput = Static<typeof ProxyTargetInput>;

export const SiteOutput = Type.Object({
  id: Type.String(),
  account: Type.Object({ id: Type.String(), login: Type.String() }),
  kind: Kind,
  state: Type.Union([Type.Literal("live"), Type.Literal("bin")]),
  binUntil: nullable(Type.String()),
  addresses: Type.Array(Type.Object({ name: Type.String(), display: Type.String() })),
  canonical: nullable(Type.String()),
  forceHttps: Type.Boolean(),
  hstsSeconds: nullable(Type.Integer()),
  folder: nullable(Type.String()),
  phpVersion: nullable(Type.String()),
  memoryMb: nullable(Type.Integer()),
  timeSeconds: nullable(Type.Integer()),
  uploadMb: nullable(Type.Integer()),
  indexFiles: Type.String(),
  errorPages: Type.Record(Type.String(), Type.String()),
  target: nullable(Type.String()),
  redirectStatus: nullable(Type.Integer()),
  keepPath: Type.Boolean(),
  proxyTarget: nullable(Type.String()),
  chip: Type.Object({ state: Type.String(), code: Type.Optional(Type.String()) }),
  version: Type.Integer(),
});
