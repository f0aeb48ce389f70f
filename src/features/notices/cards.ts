/** Notices on the first page and on the sheet "Where do I connect?", until their reader puts them away. */
import type { Context } from "../../core/context.js";
import type { ConnectCard, HomeCard } from "../../core/feature.js";
import { currentNotices } from "./notices.js";

export const noticeHomeCards: HomeCard[] = [
  {
    audience: "member",
    position: -10,
    view: "notices/card",
    async load(ctx) {
      const data = await shown(ctx);
      return data && { data };
    },
  },
];

export const noticeConnectCards: ConnectCard[] = [{ position: -10, view: "notices/card", load: (ctx) => shown(ctx) }];

async function shown(ctx: Context) {
  const notices = await currentNotices(ctx);
  if (notices.length === 0) return null;
  return {
    notices: notices.map(({ id, titleFr, textFr, titleEn, textEn }) => ({
      id,
      fr: { title: titleFr, paragraphs: paragraphs(textFr) },
      en: { title: titleEn, paragraphs: paragraphs(textEn) },
    })),
  };
}

function paragraphs(text: string): string[] {
  return text.split(/\n{2,}/).filter((one) => one.trim() !== "");
}
