/** Watch: how everything is that administrators answer for, told to monitoring programs, on a page and by letters. */
import type { Feature } from "../../core/feature.js";

export const feature: Feature = {
  name: "watch",
};
