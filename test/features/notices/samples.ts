import { addNotice } from "../../../src/features/notices/index.js";
import type { Samples } from "../../support/samples.js";

/** A notice that does not exist for members yet. */
export const samples: Samples = {
  async notice({ ctx }) {
    const texts = { titleFr: "Demain", textFr: "Demain.", titleEn: "Tomorrow", textEn: "Tomorrow." };
    return (await addNotice(ctx, { ...texts, from: "2999-01-01" }, "https://panel.test")).id;
  },
};
