/** `npm run generate`, its documents: the API's, the commands' and the errors' references below docs/. The same sources make the same bytes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programRoot } from "../boot.js";
import { commandReference } from "./commands.js";
import { errorReference } from "./errors.js";
import { openApiDocument } from "./openapi.js";

const docs = join(programRoot, "docs");
mkdirSync(docs, { recursive: true });
writeFileSync(join(docs, "openapi.json"), await openApiDocument());
writeFileSync(join(docs, "cli.md"), await commandReference());
writeFileSync(join(docs, "errors.md"), errorReference(join(programRoot, "views")));
