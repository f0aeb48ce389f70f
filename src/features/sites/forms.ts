/** What the parts of a site's page send: the settings of one card, every field of it, so that an emptied one is empty. */
import { Type } from "typebox";
import { Kind } from "./schemas.js";

const Version = Type.Optional(Type.Integer());
const Text = Type.String({ maxLength: 4000, default: "" });
const MaybeNumber = Type.Union([Type.Integer({ minimum: 1, maximum: 86_400 }), Type.Null()], { default: null, refusal: "shell.number" });

export const ShowsForm = Type.Object({
  kind: Kind,
  folder: Type.Optional(Type.String({ maxLength: 300 })),
  target: Type.Optional(Type.String({ maxLength: 4000 })),
  redirectStatus: Type.Optional(Type.Integer()),
  keepPath: Type.Boolean({ default: false }),
  proxyTarget: Type.Optional(Type.String({ maxLength: 4000 })),
  version: Version,
});

export const PhpForm = Type.Object({ phpVersion: Text, memoryMb: MaybeNumber, timeSeconds: MaybeNumber, uploadMb: MaybeNumber, version: Version });

export const HttpsForm = Type.Object({ forceHttps: Type.Boolean({ default: false }), hstsSeconds: Type.Integer({ minimum: 0 }), version: Version });

export const FilesForm = Type.Object({ indexFiles: Text, errorPage403: Text, errorPage404: Text, errorPage500: Text, version: Version });

export const CanonicalForm = Type.Object({ canonical: Text, version: Version });

export const AddressForm = Type.Object({ address: Type.String({ minLength: 1, maxLength: 300 }) });

export const NewSiteForm = Type.Object({
  accountId: Type.String({ minLength: 1, maxLength: 64 }),
  address: Type.String({ minLength: 1, maxLength: 300 }),
  withWww: Type.Boolean({ default: false }),
  kind: Type.Optional(Kind),
  folder: Type.Optional(Type.String({ maxLength: 300 })),
  phpVersion: Type.Optional(Type.String({ maxLength: 8 })),
  target: Type.Optional(Type.String({ maxLength: 4000 })),
  redirectStatus: Type.Optional(Type.Integer()),
  proxyTarget: Type.Optional(Type.String({ maxLength: 4000 })),
});

export const Nothing = Type.Object({});
