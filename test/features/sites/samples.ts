import { addDomain } from "../../../src/features/domains/index.js";
import { addProxyTarget } from "../../../src/features/sites/proxy-targets.js";
import { addSite } from "../../../src/features/sites/sites.js";
import type { SampleScene, Samples } from "../../support/samples.js";

let count = 0;

async function addSample({ ctx, account }: SampleScene): Promise<{ id: string; name: string }> {
  count += 1;
  const name = `site${count}.test`;
  await addDomain(ctx, { accountId: account.id, name });
  const site = await addSite(ctx, { accountId: account.id, address: name, kind: "folder", folder: "www" });
  return { id: site.id, name };
}

/** A site of the stranger's, an address of such a site, an allowed target. */
export const samples: Samples = {
  site: async (scene) => (await addSample(scene)).id,
  address: async (scene) => (await addSample(scene)).name,
  async target({ ctx }) {
    count += 1;
    return (await addProxyTarget(ctx, `http://127.0.0.1:${8000 + count}`)).id;
  },
};
