/** Shapes of what administrators send about notices. */
import { type Static, Type } from "typebox";

/** One line: no control or invisible formatting characters. */
const LINE = "^[^\\p{Cc}\\p{Cf}\\u2028\\u2029]*$";
/** Several lines; a tab and line ends are the only control characters. */
const LINES = "^(?:[^\\p{Cc}\\p{Cf}\\u2028\\u2029]|[\\t\\r\\n])*$";
const MAX_ID = 64;
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const Title = Type.String({ minLength: 1, maxLength: 120, pattern: LINE, refusal: "notices.text_format" });
const Text = Type.String({ minLength: 1, maxLength: 5000, pattern: LINES, refusal: "notices.text_format" });
const Day = Type.String({ maxLength: 20 });

export const NoticeInput = Type.Object({
  titleFr: Title,
  textFr: Text,
  titleEn: Title,
  textEn: Text,
  /** The first day (UTC), as 2026-12-31; left out: from now on. */
  from: Type.Optional(Day),
  /** The last day (UTC); left out: until it is removed. */
  until: Type.Optional(Day),
  /** Also as a letter to every member. */
  byMail: Type.Optional(Type.Boolean()),
});
export type NoticeInput = Static<typeof NoticeInput>;

const { titleFr, textFr, titleEn, textEn, from, until } = NoticeInput.properties;
export const NoticeChange = Type.Object({
  titleFr: Type.Optional(titleFr),
  textFr: Type.Optional(textFr),
  titleEn: Type.Optional(titleEn),
  textEn: Type.Optional(textEn),
  from,
  /** Empty: until it is removed. */
  until,
  /** The version that was read: a change made meanwhile by somebody else is then not overwritten. */
  version: Type.Optional(Type.Integer()),
});
export type NoticeChange = Static<typeof NoticeChange>;

/** What the page sends: every field of it, so that an emptied day is no day. */
export const NoticeForm = Type.Object({
  titleFr,
  textFr,
  titleEn,
  textEn,
  from,
  until: Type.String({ maxLength: 20, default: "" }),
  version: Type.Optional(Type.Integer()),
});

export const DismissForm = Type.Object({ back: Type.Optional(Type.String({ maxLength: 300 })) });

export const NoticeOutput = Type.Object({
  id: Type.String(),
  titleFr: Type.String(),
  textFr: Type.String(),
  titleEn: Type.String(),
  textEn: Type.String(),
  from: Type.String(),
  until: nullable(Type.String()),
  state: Type.Enum(["coming", "shown", "over"]),
  dismissals: Type.Integer(),
  mail: Type.Object({ queuedAt: nullable(Type.String()), waiting: Type.Integer(), sent: Type.Integer(), failed: Type.Integer() }),
  version: Type.Integer(),
});

export const NoticeParams = Type.Object({ notice: Type.String({ maxLength: MAX_ID }) });
export const Queued = Type.Object({ queued: Type.Integer() });
export const Done = Type.Object({ done: Type.Literal(true) });
export const Nothing = Type.Object({});
