/** What the pages and the API of certificates take. */
import { type Static, Type } from "typebox";
import { MAX_GIVEN_BYTES } from "./given.js";
import { MAX_PASSWORD } from "./unlock.js";

const MAX_FILES = 5;
/** Longer than what is taken, so that the rule and not the shape says what is wrong. */
const MAX_TEXT = 2 * MAX_GIVEN_BYTES;
export const MAX_UPLOAD_BYTES = MAX_FILES * MAX_GIVEN_BYTES;

export const Source = Type.Union([Type.Literal("acme"), Type.Literal("own"), Type.Literal("none")]);
export type Source = Static<typeof Source>;
const Challenge = Type.Union([Type.Literal("auto"), Type.Literal("http"), Type.Literal("dns")]);

/** What may be changed of a subject; what is left out stays. */
export const SubjectChange = Type.Object({
  source: Type.Optional(Source),
  challenge: Type.Optional(Challenge),
  tlsa: Type.Optional(Type.Boolean()),
});
export type SubjectChange = Static<typeof SubjectChange>;

export const SourceForm = Type.Object({ source: Source });
export const AdvancedForm = Type.Object({ challenge: Challenge, tlsa: Type.Boolean({ default: false }) });
export const Nothing = Type.Object({});

export const RevocationInput = Type.Object({
  /** Its key may have been seen by others; another one took its place; it serves nobody any more. */
  reason: Type.Union([Type.Literal("seen"), Type.Literal("replaced"), Type.Literal("over")]),
});
export type RevocationInput = Static<typeof RevocationInput>;

/** A key is marked as passwords are, so that a refused form does not show them again. */
const Hidden = Type.String({ format: "password", maxLength: MAX_TEXT });
export const UploadForm = Type.Object({
  files: Type.Optional(Type.Array(Type.Any(), { maxItems: MAX_FILES })),
  chain: Type.Optional(Type.String({ maxLength: MAX_TEXT })),
  key: Type.Optional(Hidden),
  password: Type.Optional(Type.String({ format: "password", maxLength: MAX_PASSWORD })),
  partial: Type.Boolean({ default: false }),
});

export const UploadInput = Type.Object({
  /** PEM: the certificate and its chain, in any order; the key may stand here too. */
  chain: Type.Optional(Type.String({ maxLength: MAX_TEXT })),
  /** PEM */
  key: Type.Optional(Hidden),
  /** A .pfx or .p12 file, base64. */
  pkcs12: Type.Optional(Type.String({ format: "password", maxLength: MAX_TEXT })),
  /** Of the PKCS#12 file or the encrypted key. */
  password: Type.Optional(Type.String({ format: "password", maxLength: MAX_PASSWORD })),
  /** Take it although it does not cover every address. */
  partial: Type.Optional(Type.Boolean()),
});
export type UploadInput = Static<typeof UploadInput>;

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Problem = Type.Object({ code: Type.String(), message: Type.String(), at: Type.String() });

export const SubjectOutput = Type.Object({
  id: Type.String(),
  title: Type.String(),
  accountId: nullable(Type.String()),
  siteId: nullable(Type.String()),
  /** panel or ftp; null: a site. */
  service: nullable(Type.String()),
  source: Type.String(),
  challenge: Type.String(),
  tlsa: Type.Boolean(),
  state: Type.String(),
  names: Type.Array(Type.Object({ name: Type.String(), state: Type.String(), problem: nullable(Problem), nextAt: nullable(Type.String()) })),
  nextAt: nullable(Type.String()),
  problem: nullable(Problem),
  certificate: nullable(
    Type.Object({
      number: Type.Integer(),
      source: Type.String(),
      names: Type.Array(Type.String()),
      issuer: Type.String(),
      serial: Type.String(),
      fingerprint: Type.String(),
      notBefore: Type.String(),
      notAfter: Type.String(),
      verifiedAt: nullable(Type.String()),
      /** PEM, without the key. */
      chain: Type.String(),
    }),
  ),
});
export type SubjectOutput = Static<typeof SubjectOutput>;
