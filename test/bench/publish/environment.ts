/** The settings of a bench's panel: SQLite in its state folder, plain HTTP on loopback. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Env } from "../../../src/core/env.js";
import { Secret } from "../../../src/core/secret.js";

/** What a panel is started with. */
export function environmentOf(state: string): Env {
  return {
    mode: "test",
    databaseUrl: new Secret(`file:${state}/mutu.db`),
    origin: "https://panel.test",
    listen: { host: "127.0.0.1", port: 0 },
    tls: null,
    trustedProxies: ["127.0.0.1"],
    state,
    keys: { current: "bench", keys: new Map([["bench", randomBytes(32)]]) },
    language: "fr",
    logLevel: "warn",
    ownNames: ["panel.test"],
    extra: () => null,
  };
}

/** What this process holds in memory, and at most held. */
export function memoryOf(): { rssMb: number; peakMb: number } {
  const status = readFileSync("/proc/self/status", "utf8");
  const mb = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024);
  return { rssMb: mb("VmRSS"), peakMb: mb("VmHWM") };
}
