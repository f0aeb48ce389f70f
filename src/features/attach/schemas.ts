/** Shapes of what is sent and answered when a domain is attached. */
import { type Static, Type } from "typebox";

const MAX_ID = 64;
const MAX_KEY = 20_000;
const MAX_KEPT = 200;

export const AttachForm = Type.Object({
  way: Type.Enum(["hosted", "external"]),
  keep: Type.Array(Type.String({ maxLength: MAX_KEY }), { maxItems: MAX_KEPT, default: [] }),
});
export type AttachForm = Static<typeof AttachForm>;

export const AttachInput = Type.Object({
  way: Type.Enum(["hosted", "external"]),
  /** Keys of candidates; those that are kept by default when left out. */
  keep: Type.Optional(Type.Array(Type.String({ maxLength: MAX_KEY }), { maxItems: MAX_KEPT })),
});
export type AttachInput = Static<typeof AttachInput>;

export const LookParams = Type.Object({ look: Type.String({ maxLength: MAX_ID }) });

export const LookOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  /** Nobody answered: nothing is known of today. */
  silent: Type.Boolean(),
  nameServers: Type.Union([Type.Array(Type.String()), Type.Null()]),
  ds: Type.Array(Type.String()),
  candidates: Type.Array(
    Type.Object({
      key: Type.String(),
      name: Type.String(),
      type: Type.String(),
      value: Type.String(),
      group: Type.Enum(["mail", "web", "other"]),
      kept: Type.Boolean(),
    }),
  ),
});

export const AttachedOutput = Type.Object({ domainId: Type.String(), name: Type.String(), kept: Type.Integer(), left: Type.Array(Type.String()) });
