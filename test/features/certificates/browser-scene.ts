/** A panel over real HTTPS whose certificates are in every state; nothing is asked of an authority. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCertificate, listen } from "../../../src/core/http/listen.js";
import { editSubject } from "../../../src/features/certificates/choices.js";
import { followHost, getSubject } from "../../../src/features/certificates/subjects.js";
import { uploadCertificate } from "../../../src/features/certificates/uploads.js";
import { addAddress, addSite } from "../../../src/features/sites/index.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { makeAuthority } from "./authority.js";

const DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";
const DAY_MS = 86_400_000;

/** Serves it; gives the pages of a member and of an administrator. */
export async function serveCertificates(t: Scope) {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const panel = await buildTestApp(t, { env: { tls, trustedProxies: [], origin: "https://localhost" } });
  panel.clock.advance(300);
  const ctx = panel.ctx();
  const { db } = ctx;
  await allowTestNames(ctx);
  const host = await createHost(ctx, { name: "web1" });
  const account = await createAccount(ctx, { host, login: "amis", name: "Les Amis du canal" });
  await panel.createUser("root", { admin: true });
  await joinAccount(ctx, account, await panel.createUser("claire", { name: "Claire Dubois" }));
  const { issue, intermediate } = makeAuthority(t);
  const site = async (address: string, withWww = true) => addSite(ctx, { accountId: account.id, address, kind: "folder", folder: `www/${address}`, withWww });
  const give = async (key: string, names: string[], days = 90) => {
    const { certificate, key: pem } = issue({ names, days });
    const upload = { parts: [{ field: "chain", content: certificate + intermediate + pem }], password: null, partial: true };
    const { subject } = await uploadCertificate(ctx, panel.services, key, upload);
    return subject;
  };
  /** As the job leaves it: the authority's, on its machine, seen from outside. */
  const settle = async (subjectId: string, source = "acme") => {
    const now = panel.clock.now();
    const { currentId } = await getSubject(ctx, subjectId);
    await db.certificate.update({ where: { id: currentId ?? "" }, data: { verifiedAt: now, ...(source === "acme" ? { source, directory: DIRECTORY } : {}) } });
    for (const { hostId, role, name, wantedId } of await db.certificatePlace.findMany({ where: { wantedId: currentId } }))
      await db.certificatePlace.update({
        where: { hostId_role_name: { hostId, role, name } },
        data: { placedId: wantedId, placedAt: now, verifiedAt: now, nextAt: null },
      });
    await db.certificateSubject.update({ where: { id: subjectId }, data: { source, nextAt: new Date(now.getTime() + 60 * DAY_MS) } });
  };
  const fail = async (subjectId: string, name: string, code: string, data: object) => {
    const now = panel.clock.now();
    const problem = JSON.stringify({ code, data, at: now.toISOString() });
    await db.certificateName.update({
      where: { subjectId_name: { subjectId, name } },
      data: { state: "failing", problem, failures: 2, nextAt: new Date(now.getTime() + 1_800_000) },
    });
    return problem;
  };

  const good = await give((await site("amisducanal.test")).id, ["amisducanal.test", "www.amisducanal.test"]);
  await settle(good.id);
  const partial = await site("fete-du-canal.test");
  await addAddress(ctx, partial.id, { address: "un-tres-long-nom-de-sous-domaine-pour-la-fete.amisducanal.test" });
  const left = await give(partial.id, ["fete-du-canal.test", "www.fete-du-canal.test"]);
  await settle(left.id);
  const elsewhere = "un-tres-long-nom-de-sous-domaine-pour-la-fete.amisducanal.test";
  await fail(left.id, elsewhere, "certificates.points_elsewhere", { name: elsewhere, seen: "198.51.100.7", expected: "192.0.2.1" });
  const failing = await getSubject(ctx, (await site("péniche-café.test", false)).id);
  const name = failing.names[0]?.name ?? "";
  const problem = await fail(failing.id, name, "certificates.points_nowhere", { name });
  await db.certificateSubject.update({
    where: { id: failing.id },
    data: { state: "failing", problem, failures: 2, nextAt: new Date(panel.clock.now().getTime() + 1_800_000) },
  });
  const own = await give((await site("adherents.test", false)).id, ["adherents.test"], 10);
  await settle(own.id, "own");
  const none = await getSubject(ctx, (await site("archives.test", false)).id);
  await editSubject(ctx, panel.services, none.id, { source: "none" });
  const waiting = await getSubject(ctx, (await site("nouveau.test")).id);
  await ctx.transaction((tx) => followHost(tx, { hostId: host.id, service: "ftp", names: ["ftp.hebergeur.test"] }));
  const ftp = await db.certificateSubject.findFirstOrThrow({ where: { service: "ftp" } });
  const choose = async () => {
    const data = { directory: DIRECTORY, contact: "bureau@hebergeur.test", url: `${DIRECTORY}/acct/1`, key: "sealed", thumbprint: "t" };
    const termsUrl = "https://letsencrypt.org/documents/LE-SA-v1.5-February-24-2025.pdf";
    await db.acmeAccount.create({ data: { ...data, termsUrl, termsAgreedAt: panel.clock.now() } });
    await db.setting.create({ data: { key: "certificates.directory", value: DIRECTORY } });
  };
  const server = await listen(panel.app, panel.services.env);
  t.after(() => server.close());
  const page = ({ id }: { id: string }) => `/certificates/${id}`;
  return {
    ...{ panel, ctx, choose, good, failing, waiting, settle, give, issue, intermediate },
    origin: server.address.replace("127.0.0.1", "localhost"),
    memberPages: [
      "/",
      "/certificates",
      "/certificates?state=failing",
      "/certificates?q=nothing-so-named",
      ...[good, left, failing, own, none, waiting].map(page),
      `${page(good)}/own`,
      `${page(good)}/none`,
      `${page(good)}/revoke`,
      `${page(own)}/revoke`,
      `${page(good)}/warning`,
      `/sites/${good.siteId}`,
      "/browser-warning",
    ],
    adminPages: [
      "/overview",
      "/certificates/overview",
      "/certificates/overview?state=expiring",
      "/certificates/authority",
      "/certificates/authority/leave",
      page(ftp),
    ],
  };
}
