/** Shapes of the settings. */
import { type Static, Type } from "typebox";

export const SettingsInput = Type.Object({ webmailUrl: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])) });
export type SettingsInput = Static<typeof SettingsInput>;

export const SettingsForm = Type.Object({ webmailUrl: Type.Optional(Type.String({ maxLength: 500 })) });

export const SettingsOutput = Type.Object({ webmailUrl: Type.Union([Type.String(), Type.Null()]) });
