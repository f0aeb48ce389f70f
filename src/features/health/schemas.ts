/** Shapes of what is sent and answered about the health of domains. */
import { type Static, Type } from "typebox";

const MAX_NAME = 300;
const MAX_ITEM = 300;

export const DomainParams = Type.Object({ domain: Type.String({ maxLength: MAX_NAME }) });
export const Nothing = Type.Object({});
export const ItemInput = Type.Object({ item: Type.String({ minLength: 1, maxLength: MAX_ITEM }) });
export type ItemInput = Static<typeof ItemInput>;

const HealthStateWord = Type.Enum(["ok", "spreading", "waiting", "unknown", "wrong"]);

export const ItemOutput = Type.Object({
  key: Type.String(),
  kind: Type.Enum(["servers", "keys", "record"]),
  name: Type.String(),
  type: Type.String(),
  state: Type.Enum(["ok", "spreading", "waiting", "advice", "unknown", "missing", "wrong"]),
  ignored: Type.Boolean(),
  expected: Type.Array(Type.String()),
  /** As our servers, or the domain's own, say; null: nobody answered. */
  source: Type.Union([Type.Array(Type.String()), Type.Null()]),
  /** As a resolver says; null: it was not asked, or did not answer. */
  world: Type.Union([Type.Array(Type.String()), Type.Null()]),
  /** Until then an older answer may be seen. */
  oldUntil: Type.Union([Type.String(), Type.Null()]),
});

export const HealthOutput = Type.Object({
  domain: Type.String(),
  state: HealthStateWord,
  wrong: Type.Integer(),
  checkedAt: Type.Union([Type.String(), Type.Null()]),
  mode: Type.Enum(["hosted", "external"]),
  /** The world asks our servers; null: nobody could tell, or it need not. */
  delegated: Type.Union([Type.Boolean(), Type.Null()]),
  nameServers: Type.Union([Type.Array(Type.String()), Type.Null()]),
  items: Type.Array(ItemOutput),
});

export const HealthRow = Type.Object({
  domain: Type.String(),
  state: HealthStateWord,
  wrong: Type.Integer(),
  checkedAt: Type.Union([Type.String(), Type.Null()]),
});
