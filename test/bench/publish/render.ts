/** How long the nightly full render takes, and what it holds: a panel without machines, started as its unit starts it. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Build } from "./build.js";
import { layTables } from "./house.js";
import { type Asked, askLines } from "./lines.js";
import { LOADING_FLAGS, PANEL_ENVIRONMENT, PANEL_FLAGS } from "./unit.js";

/** What publishing everything to a machine that takes all of it cost the panel, then each run of a full render in a process of its own. */
export interface Rendered {
  fill: { ms: number; rssMb: number; peakMb: number };
  runs: { ms: number; units: number; different: number; startedMb: number; peakMb: number }[];
}

/** Measures it. */
export async function measureRender(build: Build, sites: number, runs: number, batch: number | null): Promise<Rendered> {
  const state = mkdtempSync(join(tmpdir(), "mutu-bench-render-"));
  const ask = async <Value>(verb: string, input: object, flags = PANEL_FLAGS): Promise<Value> => {
    const started: Asked = askLines(
      spawn(process.execPath, [...flags, build.program("publish/full-render")], { stdio: ["pipe", "pipe", "inherit"], env: PANEL_ENVIRONMENT }),
    );
    try {
      return await started.ask<Value>(verb, { state, ...input });
    } finally {
      await started.end();
    }
  };
  try {
    await layTables(state);
    const figures: Rendered = { fill: await ask("fill", { sites, batch }, batch === null ? PANEL_FLAGS : LOADING_FLAGS), runs: [] };
    for (let run = 0; run < runs; run += 1) figures.runs.push(await ask("compare", {}));
    return figures;
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
