/** How a panel is started where it is installed: the flags and the environment of its unit, so that no bench measures another program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../../machines/lab/layers.js";

const unit = readFileSync(join(REPOSITORY, "machines/control/units/mutu-panel.service"), "utf8");
const line = (name: string): string[] => {
  const [, words] = new RegExp(`^${name}=(.*)$`, "m").exec(unit) ?? [];
  if (words === undefined) throw new Error(`the unit of the panel has no ${name}`);
  return words.split(" ");
};

/** Node's flags. */
export const PANEL_FLAGS = line("ExecStart").filter((word) => word.startsWith("--"));
/** Of a panel that only lays everything in, in larger batches than what ships, so that tens of thousands of sites are there in minutes; what is measured has the flags above. */
export const LOADING_FLAGS = ["--max-old-space-size=2048"];
/** PATH, and all that the unit sets but the home. */
export const PANEL_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  ...Object.fromEntries(
    line("Environment")
      .filter((word) => !word.startsWith("HOME="))
      .map((word) => word.split("=", 2)),
  ),
};
if (PANEL_FLAGS.length === 0) throw new Error("the unit of the panel gives Node no flags");
