/** Asks whether a machine is there before anything long is begun: an away host delays only itself. */
import { access, constants } from "node:fs/promises";
import { connect } from "node:net";
import type { Door } from "./door.js";

/** sshd forks before it says its name: on a busy machine, or to a busy panel, two seconds were too few, and the change waited for the next minute. */
const PROBE_SECONDS = 5;

/** Answers null when the door can be tried, or the reason why not. */
export async function probeDoor(door: Door): Promise<string | null> {
  if (door.kind === "ssh") return probeSsh(door.address, door.port);
  if (door.kind === "sudo") return null;
  return access(door.argv[0] ?? "", constants.X_OK).then(
    () => null,
    (error: Error) => error.message,
  );
}

/** RFC 4253 §4.2: a server sends its identification, which starts with `SSH-`; a port that only accepts is not yet an answer. */
function probeSsh(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => end(`no answer from ${host} port ${port} in ${PROBE_SECONDS} seconds`), PROBE_SECONDS * 1000);
    socket.once("error", (error) => end(error.message));
    socket.once("close", () => end(`${host} port ${port} closed the connection`));
    socket.once("data", (data) => end(data.subarray(0, 4).toString("latin1") === "SSH-" ? null : `${host} port ${port} does not speak SSH`));
  });
}
