import { addDomain } from "../../../src/features/domains/index.js";
import { offerDomain } from "../../../src/features/transfers/offers.js";
import { requestName } from "../../../src/features/transfers/requests.js";
import { createAccount } from "../../support/factories.js";
import type { Samples } from "../../support/samples.js";

let count = 0;

/** An offer of the stranger's to a third account, and a name that the stranger asks of it. */
export const samples: Samples = {
  async offer({ ctx, account }) {
    count += 1;
    const third = await createAccount(ctx);
    const { id } = await addDomain(ctx, { accountId: account.id, name: `offered${count}.test` });
    return (await offerDomain(ctx, id, { to: third.login })).id;
  },
  async request({ ctx, account }) {
    count += 1;
    const third = await createAccount(ctx);
    await addDomain(ctx, { accountId: third.id, name: `wanted${count}.test` });
    return (await requestName(ctx, { accountId: account.id, name: `wanted${count}.test` })).id;
  },
};
