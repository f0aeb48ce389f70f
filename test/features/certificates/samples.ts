import { getSubject } from "../../../src/features/certificates/subjects.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { addSite } from "../../../src/features/sites/sites.js";
import type { Samples } from "../../support/samples.js";

let count = 0;

/** A stranger's site has a subject. */
export const samples: Samples = {
  async certificate({ ctx, account }) {
    count += 1;
    const name = `certified${count}.test`;
    await addDomain(ctx, { accountId: account.id, name });
    const site = await addSite(ctx, { accountId: account.id, address: name, kind: "folder", folder: "www" });
    return (await getSubject(ctx, site.id)).id;
  },
};
