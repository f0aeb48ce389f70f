import { addLogin, getLogin } from "../../../src/features/ftp/logins.js";
import type { SampleScene, Samples } from "../../support/samples.js";
import { ED25519 } from "./scene.js";

let count = 0;

async function addSample({ ctx, account }: SampleScene) {
  count += 1;
  const { login } = await addLogin(ctx, { accountId: account.id, name: `sample${count}`, key: ED25519 });
  return getLogin(ctx, login.id);
}

/** A login of the stranger's, and a key of such a login. */
export const samples: Samples = {
  login: async (scene) => (await addSample(scene)).id,
  key: async (scene) => (await addSample(scene)).keys[0]?.id ?? "",
};
