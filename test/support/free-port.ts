/** Ports for programs that must be told theirs: below those that the kernel hands out, and from another block in each test process, so that no one takes it meanwhile. */
import { createServer } from "node:net";

const FIRST = 10_000;
const BLOCKS = 500;
const BLOCK = 20;

let given = 0;

/** Gives a port of loopback that nobody uses now; never the same one twice in a process. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < BLOCKS * BLOCK; tried += 1) {
    const port = FIRST + (((process.pid % BLOCKS) * BLOCK + given) % (BLOCKS * BLOCK));
    given += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + BLOCKS * BLOCK}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
