/** A web machine's nginx with many sites that have certificates of their own, and the real apply to place further ones. */
import { chownSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../../src/core/machine/index.js";
import { pemFor } from "../machines/certificate-rig.js";
import { account, base, Front } from "./nginx-rig.js";
import { PRIVILEGED } from "./private-machine.js";

const FIRST_ACCOUNT = 2001;
const SITES_OF_ACCOUNT = 20;

export interface TlsSites {
  front: Front;
  machine: Machine;
  names: string[];
  /** When nginx was last told to read, and by whom it is served; both stay as they are while nothing is reloaded. */
  serving(): { told: bigint; workers: number[] };
  close(): void;
}

/**
 * Raises it; `ports` are where the sites' answers come from. The first certificates, each with its own key, are laid as apply leaves them: six programs
 * for each of a thousand would be minutes of a busy machine, and tell nothing of what comes after.
 */
export async function raiseTlsSites(count: number, ports: [number, number]): Promise<TlsSites> {
  const names = Array.from({ length: count }, (_, at) => `s${at}.example.org`);
  let tree = base();
  for (let at = 0; at < count; at += SITES_OF_ACCOUNT) {
    const number = FIRST_ACCOUNT + at / SITES_OF_ACCOUNT;
    tree = { ...tree, ...account(number, [{ names: names.slice(at, at + SITES_OF_ACCOUNT) }]) };
  }
  const front = await Front.start(tree, ports);
  const tls = join(front.machine.root, "tls");
  const { gid } = statSync(join(tls, "fallback.pem"));
  for (const name of names) {
    const file = join(tls, `${name}.pem`);
    writeFileSync(`${file}.new`, pemFor(name), { mode: 0o640 });
    if (PRIVILEGED) chownSync(`${file}.new`, 0, gid);
    renameSync(`${file}.new`, file);
  }
  return {
    front,
    machine: front.machine.apply(["nginx"]),
    names,
    serving: () => ({ told: statSync(join(front.machine.root, "run/nginx/loaded"), { bigint: true }).ctimeNs, workers: front.workers() }),
    close: () => front.machine.close(),
  };
}
