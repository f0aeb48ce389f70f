/** Jobs: what runs by the clock, shown to administrators, and run by hand when they want. */
import type { Feature } from "../../core/feature.js";
import { jobApi } from "./api.js";
import { jobPages } from "./routes.js";
import { watchJobs } from "./watched.js";

export const feature: Feature = {
  name: "jobs",
  pages: jobPages,
  api: jobApi,
  checks: watchJobs,
  menu: [{ label: "jobs.menu", href: "/jobs", icon: "clock-play", audience: "admin", position: 65 }],
};
