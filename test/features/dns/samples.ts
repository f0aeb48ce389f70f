import { addRecord } from "../../../src/features/dns/records.js";
import { addSecondary } from "../../../src/features/dns/secondaries.js";
import { addTemplate } from "../../../src/features/dns/templates.js";
import { addDomain } from "../../../src/features/domains/index.js";
import type { Samples } from "../../support/samples.js";

let count = 0;

/** A record of the stranger's zone, a secondary server, a template. */
export const samples: Samples = {
  async record({ ctx, account, app }) {
    count += 1;
    const domain = await addDomain(ctx, { accountId: account.id, name: `zone${count}.test` });
    return (await addRecord(ctx, app.services.features, domain.id, { name: "a", type: "A", value: "192.0.2.1" })).id;
  },
  async secondary({ ctx, app }) {
    count += 1;
    return (await addSecondary(ctx, app.services.env, { name: `second${count}`, address: "192.0.2.54", port: 53, algorithm: "hmac-sha256" })).row.id;
  },
  template: async ({ ctx }) => (await addTemplate(ctx, { name: "@", type: "TXT", value: "v=spf1 -all" })).id,
};
