/** Machines and processes: what the rest of the program may use. */
export type { Answer, Failure, Outcome, StepFailure } from "./answer.js";
export { type CertificateFile, certificateFileName, type RefusedReason } from "./certificate-tar.js";
export { type Command, type CommandResult, runCommand } from "./command.js";
export { hashCrypt, MAX_CRYPT_BYTES } from "./crypt-hash.js";
export { type DirectDoor, type Door, type SshDoor, sshArgv } from "./door.js";
export type { Drifted, DriftKind, Examination } from "./examination.js";
export { type LogKind, type LogLine, type Machine, openMachine, type PlacedCertificates } from "./machine.js";
export { packRelease, type ReleaseChange, renderManifest } from "./release-tar.js";
export { EMPTY_SHARD, rootHash, SHARDS, shardHash } from "./shard.js";
export { authorizedKey, ensureKeyPair } from "./ssh-key.js";
export type { MachineStatus } from "./status.js";
