import { addDomain, addForbidden } from "../../../src/features/domains/index.js";
import type { Samples } from "../../support/samples.js";

let count = 0;

/** A domain of the stranger's, and a name that nobody may have. */
export const samples: Samples = {
  async domain({ ctx, account }) {
    count += 1;
    return (await addDomain(ctx, { accountId: account.id, name: `domain${count}.test` })).id;
  },
  async name({ ctx }) {
    count += 1;
    return (await addForbidden(ctx, { name: `never${count}.test`, reason: "" })).name;
  },
};
