/** Chromium as a visitor on one machine's network: the host's program, that machine's wires, the lab's names. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrowserSetup, EXECUTABLE } from "../../support/browser.js";
import type { LabNode } from "../lab/node.js";

/** Gives what startBrowser needs to stand on this node's network. */
export function browserIn(node: LabNode, directory: string): BrowserSetup {
  const executable = join(directory, "chromium-in-network");
  writeFileSync(executable, `#!/bin/sh\nexec ${node.networkArgv([EXECUTABLE]).join(" ")} "$@"\n`);
  chmodSync(executable, 0o755);
  return { executable, flags: [`--host-resolver-rules=MAP ${node.name} ${node.ip}`] };
}
