/** Shapes of what administrators send about hosts. */
import { type Static, Type } from "typebox";

const MAX_PATH = 200;
const PORT = { minimum: 1, maximum: 65535 };
/** A host's name stands in file names, in the machine's own file and in e-mail addresses. */
const HOST_NAME = "^[a-z][a-z0-9-]{0,30}$";
/** The charset of machine.conf (machines/README.md). */
export const PATH = "^/[A-Za-z0-9_./-]*$";
export const ADDRESS = "^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$";

export const HostInput = Type.Object({
  name: Type.String({ pattern: HOST_NAME, maxLength: 31 }),
  address: Type.String({ pattern: ADDRESS, maxLength: 254 }),
  door: Type.Union([Type.Literal("direct"), Type.Literal("sudo"), Type.Literal("ssh")]),
  port: Type.Optional(Type.Integer(PORT)),
  user: Type.Optional(Type.String({ pattern: "^[a-z_][a-z0-9_-]{0,31}$" })),
  hostKey: Type.Optional(Type.String({ pattern: "^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]+$", maxLength: 2000 })),
  machineFile: Type.Optional(Type.String({ pattern: PATH, maxLength: MAX_PATH })),
  applyFile: Type.Optional(Type.String({ pattern: PATH, maxLength: MAX_PATH })),
  homes: Type.String({ pattern: PATH, maxLength: MAX_PATH }),
  httpPort: Type.Optional(Type.Integer(PORT)),
  httpsPort: Type.Optional(Type.Integer(PORT)),
  phpMasters: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
  daemons: Type.Array(Type.Object({ daemon: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" }), role: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" }) }), {
    maxItems: 50,
  }),
});
export type HostInput = Static<typeof HostInput>;

export const AddressesInput = Type.Object({
  publicIpv4: Type.String({ maxLength: 100, default: "" }),
  publicIpv6: Type.String({ maxLength: 100, default: "" }),
});
export type AddressesInput = Static<typeof AddressesInput>;

export const HostOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  address: Type.String(),
  publicIpv4: Type.Union([Type.String(), Type.Null()]),
  publicIpv6: Type.Union([Type.String(), Type.Null()]),
  door: Type.String(),
  reachable: Type.Union([Type.Boolean(), Type.Null()]),
  release: Type.Union([Type.String(), Type.Null()]),
  phpVersions: Type.Array(Type.String()),
  daemons: Type.Array(Type.Object({ daemon: Type.String(), role: Type.String(), version: Type.Union([Type.String(), Type.Null()]) })),
  diskFreeKb: Type.Union([Type.Integer(), Type.Null()]),
  accounts: Type.Integer(),
  stateAt: Type.Union([Type.String(), Type.Null()]),
  base: Type.Object({
    changed: Type.Array(Type.Object({ path: Type.String(), gone: Type.Boolean() }), { description: "Files of the installation that another hand changed" }),
    older: Type.Array(Type.String(), { description: "Programs that run on although a newer one is installed" }),
    outdated: Type.Union([Type.Boolean(), Type.Null()], { description: "Made of other scripts than this panel's; null: it cannot be told" }),
    command: Type.Union([Type.String(), Type.Null()], { description: "What lays its files anew" }),
    renewal: Type.Union([Type.String(), Type.Null()], { description: "What starts the older programs anew, on the machine" }),
  }),
});
