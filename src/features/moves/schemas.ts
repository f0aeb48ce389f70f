/** Shapes of what people send and are told about moves. */
import { type Static, Type } from "typebox";

export const MoveInput = Type.Object({
  /** Id of the web machine. */
  hostId: Type.String({ minLength: 1, maxLength: 64 }),
});
export type MoveInput = Static<typeof MoveInput>;

export const Nothing = Type.Object({});
export const AccountParams = Type.Object({ account: Type.String() });

const Named = Type.Object({ id: Type.String(), name: Type.String() });
export const MoveOutput = Type.Object({
  account: Type.Object({ id: Type.String(), login: Type.String(), name: Type.String() }),
  from: Named,
  to: Named,
  state: Type.Union([Type.Literal("preparing"), Type.Literal("leading"), Type.Literal("waiting")]),
  back: Type.Boolean(),
  startedBy: Type.String(),
  startedAt: Type.String(),
  ledAt: Type.Union([Type.String(), Type.Null()]),
  endsAt: Type.Union([Type.String(), Type.Null()]),
  lookedAt: Type.Union([Type.String(), Type.Null()]),
  waitsFor: Type.Array(Type.String()),
  /** When what failed on the destination is tried again. */
  nextTryAt: Type.Union([Type.String(), Type.Null()]),
});
