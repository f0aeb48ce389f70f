/** Shapes of what is asked and answered about files that were changed by hand. */
import { Type } from "typebox";
import { ListQuery } from "../../core/http/paging.js";

const Id = Type.String({ maxLength: 64 });
const nullable = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()]);

export const DriftParams = Type.Object({ drift: Id });
export const DriftQuery = Type.Intersect([ListQuery, Type.Object({ host: Type.Optional(Id), account: Type.Optional(Id) })]);
export const LookInput = Type.Object({ host: Type.Optional(Id) });
export const PlaceInput = Type.Object({
  host: Type.Optional(Id),
  account: Type.Optional(Id),
  count: Type.Integer({ minimum: 0, description: "How many files that is meant to be; another number is refused" }),
});
export const PlaceQuery = Type.Object({ host: Type.Optional(Id), account: Type.Optional(Id) });
export const CountOutput = Type.Object({ files: Type.Integer() });

export const DriftOutput = Type.Object({
  id: Type.String(),
  host: Type.String(),
  path: Type.String(),
  role: nullable(Type.String()),
  key: nullable(Type.String()),
  accountId: nullable(Type.String()),
  kind: Type.String({
    description:
      "changed, added, removed or strange (a link, a pipe, a name that no release has: never read), or part (an index, links or a list: what holds a release together)",
  }),
  state: Type.String({ description: "open, adopted, repaired, refused (the program does not take it) or gone" }),
  kept: Type.Boolean({ description: "Its content is in the store" }),
  hash: nullable(Type.String()),
  leftHash: nullable(Type.String()),
  seenAt: Type.String(),
  lastSeenAt: Type.String(),
  endedAt: nullable(Type.String()),
  decidedBy: nullable(Type.String()),
});

const Lines = Type.Array(Type.Object({ mark: Type.String(), text: Type.String() }));

export const DriftDetail = Type.Intersect([
  DriftOutput,
  Type.Object({
    /** A password or a key stands in it: its lines are not told. */
    secret: Type.Boolean(),
    lines: Lines,
    /** From what lies there to what would be written now; empty: the same, or it lies there no longer. */
    instead: Lines,
  }),
]);

export const LookOutput = Type.Array(
  Type.Object({ host: Type.String(), files: Type.Union([Type.Integer(), Type.Null()]), reason: Type.Union([Type.String(), Type.Null()]) }),
);
