import { lookAt } from "../../../src/features/attach/index.js";
import type { Samples } from "../../support/samples.js";

let count = 0;

/** A look of the stranger's. */
export const samples: Samples = {
  async look({ ctx, app, account }) {
    count += 1;
    return (await lookAt(ctx, app.services, { accountId: account.id, name: `looked${count}.test` })).id;
  },
};
