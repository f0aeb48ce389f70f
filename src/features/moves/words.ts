/** Where messages stand, for the command line. */
import { fileURLToPath } from "node:url";

export const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));
