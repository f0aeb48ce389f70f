/** Shapes of what people send about domains on their way, and of the answers. */
import { type Static, Type } from "typebox";

const MAX_ID = 64;
const MAX_NAME = 300;
const MAX_LOGIN = 64;

export const OfferInput = Type.Object({ to: Type.String({ minLength: 1, maxLength: MAX_LOGIN }) });
export type OfferInput = Static<typeof OfferInput>;

export const RequestInput = Type.Object({
  accountId: Type.String({ maxLength: MAX_ID }),
  name: Type.String({ minLength: 1, maxLength: MAX_NAME }),
});
export type RequestInput = Static<typeof RequestInput>;

export const Nothing = Type.Object({});
export const DomainParams = Type.Object({ domain: Type.String({ maxLength: MAX_NAME }) });
export const OfferParams = Type.Object({ offer: Type.String({ maxLength: MAX_ID }) });
export const RequestParams = Type.Object({ request: Type.String({ maxLength: MAX_ID }) });

const Party = Type.Object({ id: Type.String(), login: Type.String() });
const Moment = Type.Union([Type.String(), Type.Null()]);

export const CountOutput = Type.Object({ what: Type.Enum(["moves", "stops", "stays"]), key: Type.String(), count: Type.Integer() });

export const OfferOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  from: Party,
  to: Party,
  state: Type.Enum(["open", "accepted", "refused", "cancelled", "expired", "undone"]),
  createdAt: Type.String(),
  expiresAt: Type.String(),
  movedAt: Moment,
});

export const RequestOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  /** claim: another account has the name; consent: it has a domain above or below. */
  kind: Type.Enum(["claim", "consent"]),
  account: Party,
  state: Type.Enum(["waiting", "proven", "objected", "granted", "refused", "cancelled", "expired"]),
  /** The TXT record that proves it. */
  record: Type.Object({ name: Type.String(), type: Type.Literal("TXT"), value: Type.String() }),
  provenBy: Moment,
  decideAt: Moment,
  createdAt: Type.String(),
  expiresAt: Type.String(),
});

export const ProofOutput = Type.Object({ proven: Type.Boolean(), seen: Type.Array(Type.String()), request: RequestOutput });
