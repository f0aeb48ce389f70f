/** Certificates: HTTPS for every site, and for the names of our own machines. */
import type { HostingFeature } from "../../publish/contract.js";
import type {} from "../dns/index.js";
import { proofRecords } from "./dns-proof.js";
import { certificateJobs } from "./jobs.js";
import { answerChallenge } from "./plain-answer.js";
import { reactions } from "./reactions.js";

export const feature: HostingFeature = {
  name: "certificates",
  permissions: { "certificates.read": ["owner", "webmaster", "mail", "reader"], "certificates.write": ["owner", "webmaster"] },
  jobs: certificateJobs,
  on: reactions,
  dnsRecords: proofRecords,
  plainAnswer: answerChallenge,
};
