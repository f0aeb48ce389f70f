/** Where the words of pages are, for letters and terminals. */
import { fileURLToPath } from "node:url";

export const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));
