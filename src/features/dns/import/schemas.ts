/** Shapes of what is sent to import a zone. */
import { type Static, Type } from "typebox";
import { TSIG_ALGORITHMS } from "./tsig.js";
import { MAX_BYTES } from "./zone-file.js";

const MAX_WORD = 300;
const MAX_CHOICES = 2000;
const MAX_PORT = 65_535;

/** The text is measured again in bytes by its reader, which says what is wrong. */
const text = Type.String({ minLength: 1, maxLength: MAX_BYTES, refusal: "dns.import_large" });
export const ChoiceWord = Type.Enum(["add", "replace", "keep"]);

export const ImportBody = Type.Object({
  /** A zone file (RFC 1035 §5). */
  text,
  /** By the keys of the preview's groups, such as `www.example.org address`; what is not named is done as the preview proposes. */
  choices: Type.Optional(Type.Record(Type.String({ maxLength: MAX_WORD }), ChoiceWord, { maxProperties: MAX_CHOICES })),
  /** The zone's version that the preview told: a change made meanwhile is then refused. */
  version: Type.Optional(Type.Integer()),
});
export type ImportBody = Static<typeof ImportBody>;

/** The same from a form; its choices are fields named `choice:<key>`. */
export const ImportForm = Type.Object({ text, version: Type.Optional(Type.Integer()) });

export const TransferInput = Type.Object({
  /** Name or address of the server that has the zone now. */
  server: Type.String({ maxLength: MAX_WORD }),
  /** 53, unless an administrator asks. */
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PORT })),
  tsigName: Type.Optional(Type.String({ maxLength: MAX_WORD })),
  tsigAlgorithm: Type.Optional(Type.Enum([...TSIG_ALGORITHMS])),
  /** In base64. */
  tsigSecret: Type.Optional(Type.String({ maxLength: MAX_WORD, format: "password" })),
});
export type TransferInput = Static<typeof TransferInput>;

export const NetworksInput = Type.Object({ networks: Type.String({ maxLength: 4000, default: "" }) });
export type NetworksInput = Static<typeof NetworksInput>;
export const NetworksOutput = Type.Object({ networks: Type.Array(Type.String()) });
export const TransferOutput = Type.Object({ text: Type.String() });

const Line = Type.Object({
  line: Type.Integer(),
  name: Type.String(),
  type: Type.String(),
  ttl: Type.Union([Type.Integer(), Type.Null()]),
  value: Type.String(),
});
const Here = Type.Object({ id: Type.Union([Type.String(), Type.Null()]), name: Type.String(), type: Type.String(), value: Type.String() });
const counts = ["added", "replaced", "overridden", "same", "kept", "left", "aside", "refused"] as const;

export const ImportOutput = Type.Object({
  /** Of the zone, to send with the import. */
  version: Type.Integer(),
  counts: Type.Object(Object.fromEntries(counts.map((key) => [key, Type.Integer()])) as Record<(typeof counts)[number], ReturnType<typeof Type.Integer>>),
  groups: Type.Array(
    Type.Object({
      key: Type.String(),
      kind: Type.String(),
      records: Type.Array(Line),
      /** What the zone says there now. */
      current: Type.Array(Here),
      choices: Type.Array(ChoiceWord),
      choice: ChoiceWord,
    }),
  ),
  same: Type.Array(Line),
  findings: Type.Array(
    Type.Object({ line: Type.Integer(), outcome: Type.Enum(["changed", "doubt", "left", "aside", "refused"]), code: Type.String(), message: Type.String() }),
  ),
  doubts: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })),
  /** Why nothing can be imported as it stands. */
  fault: Type.Union([Type.String(), Type.Null()]),
});
