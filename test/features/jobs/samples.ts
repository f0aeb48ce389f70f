import type { Samples } from "../../support/samples.js";

/** A job; jobs belong to no account. */
export const samples: Samples = { job: async () => "auth.purge" };
