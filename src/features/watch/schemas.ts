/** Shapes of what is asked and answered about the state of the machines. */
import { type Static, Type } from "typebox";

const Text = Type.Union([Type.String(), Type.Null()]);

export const LettersInput = Type.Object({ wanted: Type.Optional(Type.Boolean()) });
export const AddressesInput = Type.Object({ addresses: Type.String({ maxLength: 5000, default: "" }) });
export type AddressesInput = Static<typeof AddressesInput>;

export const CheckOutput = Type.Object({
  name: Type.String(),
  subject: Type.String({ description: "Name of a host; empty: the panel itself" }),
  state: Type.String({ description: "ok, warning or failing" }),
  says: Type.String(),
  todo: Text,
  since: Text,
});
export const WatchOutput = Type.Object({ state: Type.String(), checks: Type.Array(CheckOutput) });
export const AddressesOutput = Type.Object({ addresses: Type.Array(Type.String()) });
