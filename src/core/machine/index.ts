/** Machines and processes: what the rest of the program may use. */
export type { Answer, Failure, Outcome, StepFailure } from "./answer.js";
export { type Command, type CommandResult, plainEnvironment, runCommand } from "./command.js";
export { type DirectDoor, type Door, type SshDoor, type SudoDoor, sshArgv } from "./door.js";
export { type Live, type Machine, openMachine, PROTOCOL } from "./machine.js";
export { packRelease, type ReleaseChange, renderManifest } from "./release-tar.js";
export { EMPTY_SHARD, rootHash, SHARDS, type ShardEntry, shardHash } from "./shard.js";
export { authorizedKey, ensureKeyPair } from "./ssh-key.js";
export type { MachineStatus } from "./status.js";
