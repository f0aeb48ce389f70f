/** Certificates: HTTPS for every site, and for the names of our own machines. */
import type { HostingFeature } from "../../publish/contract.js";
import type {} from "../dns/index.js";
import { certificateApi } from "./api.js";
import { certificateCards } from "./cards.js";
import { certificateCommands } from "./commands.js";
import { certificateRecords } from "./dns-records.js";
import { certificateJobs } from "./jobs.js";
import { answerChallenge } from "./plain-answer.js";
import { reactions } from "./reactions.js";
import { certificatePages } from "./routes.js";
import { watchCertificates } from "./watched.js";

export const feature: HostingFeature = {
  name: "certificates",
  sealed: [
    { table: "Certificate", columns: ["key"] },
    { table: "AcmeAccount", columns: ["key", "eabSecret"] },
  ],
  permissions: { "certificates.read": ["owner", "webmaster", "mail", "reader"], "certificates.write": ["owner", "webmaster"] },
  pages: certificatePages,
  api: certificateApi,
  commands: certificateCommands,
  jobs: certificateJobs,
  checks: watchCertificates,
  on: reactions,
  homeCards: certificateCards,
  dnsRecords: certificateRecords,
  plainAnswer: answerChallenge,
  menu: [
    { label: "certificates.menu", href: "/certificates", icon: "lock", audience: "member", permission: "certificates.read", position: 27 },
    { label: "certificates.menu_admin", href: "/certificates/overview", icon: "certificate", audience: "admin", position: 46 },
  ],
};
