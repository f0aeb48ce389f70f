/** What the pages of logins send: every field of a card, so that an emptied one is empty. */
import { type Static, Type } from "typebox";
import { type LoginChange, LoginInput } from "./schemas.js";

/** `keep`, `never`, a number of days, or `on`: the day that is typed beside it. */
const Expires = Type.String({ maxLength: 20, pattern: "^(keep|never|on|[1-9][0-9]{0,3})$", refusal: "shell.choice", default: "keep" });

const { name, note, folder, password, key, networks, accountId, expiresOn } = LoginInput.properties;
export const NewLoginForm = Type.Object({
  accountId,
  name,
  note,
  folder,
  password,
  keysOnly: Type.Boolean({ default: false }),
  key,
  readOnly: Type.Boolean({ default: false }),
  expires: Expires,
  expiresOn,
  networks,
});

export const AccessForm = Type.Object({
  note: Type.String({ ...note, default: "" }),
  folder: Type.String({ maxLength: 300, default: "" }),
  enabled: Type.Boolean({ default: false }),
  readOnly: Type.Boolean({ default: false }),
  expires: Expires,
  expiresOn,
  networks: Type.String({ maxLength: 2000, default: "" }),
  version: Type.Optional(Type.Integer()),
});

/** Reads the two fields of the end as the act wants them. */
export function endOf({ expires, expiresOn: day }: Pick<Static<typeof AccessForm>, "expires" | "expiresOn">): Pick<LoginChange, "days" | "expiresOn"> {
  if (expires === "keep") return {};
  if (expires === "never") return { days: null };
  // A day that is asked for and not typed is a fault of that field.
  return expires === "on" ? { expiresOn: day || "?" } : { days: Number(expires) };
}
