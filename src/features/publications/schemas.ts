/** Shapes of what is asked and answered about publications. */
import { Type } from "typebox";
import { ListQuery } from "../../core/http/paging.js";
import { CAUSES, HOLD_REASONS } from "../../publish/index.js";

const Id = Type.String({ maxLength: 64 });
const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

export const PublicationQuery = Type.Intersect([ListQuery, Type.Object({ host: Type.Optional(Id) })]);
export const HostInput = Type.Object({ host: Id });
export const RunInput = Type.Object({
  host: Id,
  all: Type.Optional(Type.Boolean({ description: "Render and compare every unit, not only the changed ones" })),
});

/** One unit of a publication. */
export const PartOutput = Type.Object({
  role: Type.String(),
  key: Type.String(),
  accountId: nullable(Type.String()),
  change: Type.String(),
  sentences: Type.Array(Type.String()),
  serving: Type.String(),
  result: Type.String(),
  fault: nullable(Type.String()),
  output: Type.Array(Type.String(), { description: "The programs' own words; empty but for administrators" }),
});

export const PublicationOutput = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  host: Type.String(),
  state: Type.String(),
  cause: Type.Union(CAUSES.map((cause) => Type.Literal(cause))),
  author: nullable(Type.String()),
  startedAt: Type.String(),
  endedAt: nullable(Type.String()),
});

export const ErrorOutput = Type.Object({ step: Type.String(), code: Type.String(), message: Type.String(), output: Type.Array(Type.String()) });

export const PublicationDetail = Type.Intersect([
  PublicationOutput,
  Type.Object({
    parts: Type.Array(PartOutput),
    errors: Type.Array(ErrorOutput),
    steps: Type.Array(Type.Object({ step: Type.String(), at: Type.String(), ms: Type.Integer() })),
    releases: Type.Array(Type.Object({ number: Type.Integer(), root: Type.String(), state: Type.String() })),
  }),
]);

export const FileOutput = Type.Object({
  path: Type.String(),
  role: Type.String(),
  key: Type.String(),
  /** A password or a key stands in it: its lines are not told. */
  secret: Type.Boolean(),
  lines: Type.Array(Type.Object({ mark: Type.String(), text: Type.String() })),
});

export const DryRunOutput = Type.Object({ parts: Type.Array(PartOutput), files: Type.Array(FileOutput) });

export const ReleaseOutput = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  host: Type.String(),
  root: Type.String(),
  state: Type.String(),
  publicationId: Type.String(),
  files: Type.Integer(),
  createdAt: Type.String(),
});

/** What a new renderer would change, and how far it is. */
export const RendererOutput = Type.Object({
  id: Type.String(),
  state: Type.String({ description: "trying, waiting (for a person), applying, done, failed or superseded" }),
  reason: Type.String({ description: "renderer: another program; share: more than a tenth of all units differs" }),
  units: Type.Integer(),
  different: Type.Integer(),
  first: nullable(Type.Object({ id: Type.String(), login: Type.String() })),
  hosts: Type.Array(Type.Object({ name: Type.String(), different: Type.Integer(), state: Type.String() })),
  publications: Type.Array(Type.String(), { description: "Those that carried the first account" }),
  error: nullable(Type.String()),
  createdAt: Type.String(),
  decidedBy: nullable(Type.String()),
  decidedAt: nullable(Type.String()),
  endedAt: nullable(Type.String()),
});

/** Which unit is put back; without it the whole machine. */
export const PutBackInput = Type.Object({ role: Type.Optional(Type.String({ maxLength: 64 })), key: Type.Optional(Type.String({ maxLength: 300 })) });

export const PutBackOutput = Type.Object({
  parts: Type.Array(Type.Intersect([PartOutput, Type.Object({ comesBack: Type.Boolean() })])),
  files: Type.Array(FileOutput),
  changed: Type.Integer({ description: "Units that changed since" }),
  more: Type.Integer({ description: "Changed units that this preview leaves out" }),
  forwardOnly: Type.Array(Type.String(), { description: "Roles that are never put back" }),
});

const Reason = Type.Union(HOLD_REASONS.map((reason) => Type.Literal(reason)));
export const HoldQuery = Type.Intersect([PublicationQuery, Type.Object({ reason: Type.Optional(Reason) })]);
export const HoldsInput = Type.Object({
  host: Id,
  reason: Reason,
  count: Type.Optional(Type.Integer({ minimum: 1, description: "How many were seen: refused when it is another number by now" })),
});

/** A unit that stands still on purpose. */
export const HeldOutput = Type.Object({
  id: Type.String(),
  host: Type.String(),
  role: Type.String(),
  key: Type.String(),
  accountId: nullable(Type.String()),
  reason: Type.String(),
  sentence: Type.String(),
  heldAt: nullable(Type.String()),
  heldBy: nullable(Type.String({ description: "Administrators only" })),
});

/** What waits for one machine. */
export const WaitingOutput = Type.Object({
  host: Type.String(),
  units: Type.Integer({ description: "Changes of one's own accounts; of all, for administrators" }),
  awaySince: nullable(Type.String({ description: "The machine has not answered since" })),
  nextAt: nullable(
    Type.String({ description: "When a whole attempt comes at the latest; null: at once. A machine that answers again is published within a minute" }),
  ),
});
