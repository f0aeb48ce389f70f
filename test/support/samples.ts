/**
 * Objects of a stranger, for the test that walks every route. `test/features/<feature>/samples.ts` exports `samples`: name of a path
 * parameter (`:site`) → makes such an object of the scene's account and gives what stands in the address for it.
 */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Context } from "../../src/core/context.js";
import type { TestApp, TestUser } from "./app.js";

export interface SampleScene {
  app: TestApp;
  /** The system. */
  ctx: Context;
  account: { id: string; login: string };
  /** Owner of that account. */
  owner: TestUser;
}

export type Samples = Record<string, (scene: SampleScene) => Promise<string>>;

const folder = new URL("../features/", import.meta.url);

/** Reads the samples of all features; a parameter that two features name must mean the same, so the first in the alphabet speaks. */
export async function readSamples(): Promise<Samples> {
  const found: Samples = {};
  for (const name of readdirSync(fileURLToPath(folder)).sort().reverse()) {
    const file = new URL(`${name}/samples.ts`, folder);
    if (existsSync(file)) Object.assign(found, ((await import(file.href)) as { samples: Samples }).samples);
  }
  return found;
}
