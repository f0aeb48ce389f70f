/** Attaching a domain: one field, a look at what exists, two ways. */
import type { Feature } from "../../core/feature.js";
import { attachApi } from "./api.js";
import { attachCommands } from "./commands.js";
import { attachPages } from "./routes.js";

export const feature: Feature = { name: "attach", pages: attachPages, api: attachApi, commands: attachCommands };
