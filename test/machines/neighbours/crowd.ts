/** Visitors and scanners on machines of the lab. */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { LabNode } from "../lab/node.js";

const SCAN = readFileSync(new URL("./scan.pl", import.meta.url), "utf8");
const LISTEN = readFileSync(new URL("./listen.pl", import.meta.url), "utf8");
const STORM = fileURLToPath(new URL("./storm.mjs", import.meta.url));

export interface Job {
  name: string;
  host: string;
  path: string;
  method?: "GET" | "POST";
  body?: string;
  clients: number;
  pauseMs: number;
  /** Does not wait for what is under way when told to leave. */
  impatient?: boolean;
  /** Over one connection as long as it lasts, as browsers do; else over a new one each time. */
  kept?: boolean;
  /** Addresses of the machine from which it asks, in turn. */
  from: readonly string[];
}

export type Counts = Record<string, Record<string, number>>;

export interface Crowd {
  /** Lets requests under way end; how often each answer (a status, or why there was none) came, by job. */
  leave(): Promise<Counts>;
}

/** Sends visitors from a machine to an address, until they are told to leave or the test ends, however it does. */
export async function gather(t: TestContext, from: LabNode, to: string, jobs: readonly Job[]): Promise<Crowd> {
  const child = from.spawnInNetwork([process.execPath, STORM, JSON.stringify({ to, jobs })], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await ready(child);
  return {
    async leave() {
      child.stdin?.end();
      await gone;
      return JSON.parse(said.split("\n")[1] ?? "{}") as Counts;
    },
  };
}

/** Listens on these TCP and UDP ports of a machine, where nobody does, on all its addresses; gives what ends it. */
export async function listen(node: LabNode, ports: readonly number[]): Promise<() => void> {
  const child = node.spawn(["perl", "-e", LISTEN, ...ports.map(String)], { stdio: ["ignore", "pipe", "inherit"] });
  await ready(child);
  return () => void child.kill("SIGKILL");
}

export interface Scan {
  /** A number or a name; default root. */
  user?: string;
  /** Address of the machine from which it asks. */
  source?: string;
  /** Default: all 65 535. */
  ports?: readonly number[];
}

/** TCP ports of `address` that take a connection from somebody on this machine. */
export function openPorts(node: LabNode, address: string, scan: Scan = {}): Promise<number[]> {
  return scanned(node, "tcp", address, scan);
}

/** UDP ports of `address` from which an answer comes. */
export function openDatagrams(node: LabNode, address: string, scan: Scan & { ports: readonly number[] }): Promise<number[]> {
  return scanned(node, "udp", address, scan);
}

async function scanned(node: LabNode, protocol: "tcp" | "udp", address: string, { user = "0", source = "-", ports = [] }: Scan): Promise<number[]> {
  const as = user === "0" ? [] : ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--"];
  const many = ["sh", "-c", 'ulimit -n 16000; exec "$@"', "scan"];
  return numbers(await node.must([...many, ...as, "perl", "-e", SCAN, protocol, address, source, ...ports.map(String)]));
}

const numbers = (text: string): number[] => text.trim().split(/\s+/).filter(Boolean).map(Number);

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`it ended: ${code}`)));
  });
}
