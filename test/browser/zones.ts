/** What the screens show of names: a zone with records of all kinds, a locked one, one that is kept elsewhere, servers that follow. */
import type { Context } from "../../src/core/context.js";
import { turnOff } from "../../src/features/dns/overrides.js";
import { addRecord, removeRecord } from "../../src/features/dns/records.js";
import type { RecordInput } from "../../src/features/dns/schemas.js";
import { addSecondary } from "../../src/features/dns/secondaries.js";
import { addTemplate } from "../../src/features/dns/templates.js";
import { changeSettings, editZone, lockZone } from "../../src/features/dns/zone-settings.js";
import type { TestApp } from "../support/app.js";

const DKIM = `v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA${"x1Yz".repeat(60)}IDAQAB`;
const ZONE = "amisducanal.test";
const DS = "27513 13 2 6f0c2b1e4a7d80365f2c9b1e4a7d80366f0c2b1e4a7d80365f2c9b1e4a7d8036";

/** Fills the zones of the scene; gives the id of a record. */
export async function fillZones(app: TestApp, root: Context): Promise<{ record: string }> {
  const { features, env, db } = app.services;
  await changeSettings(root, { nameServers: "ns1.hebergeur.test 192.0.2.53\nns2.hebergeur.test", hostmaster: "hostmaster@hebergeur.test" });
  const add = (input: Omit<RecordInput, "type"> & { type: string }) => addRecord(root, features, ZONE, { ...input, knowingly: true } as RecordInput);
  const { id: record } = await add({ name: "@", type: "MX", value: "10 mail", note: "messagerie de l’association" });
  await add({ name: "mail", type: "A", value: "192.0.2.25", ttl: 300 });
  await add({ name: "@", type: "TXT", value: "v=spf1 mx include:_spf.hebergeur.test -all" });
  await add({ name: "mutu._domainkey", type: "TXT", value: DKIM });
  await add({ name: "@", type: "CAA", value: '0 issue "other-ca.example"' });
  await add({ name: "_sip._tcp", type: "SRV", value: "0 5 5060 sip.telephonie.test." });
  await add({ name: "été", type: "CNAME", value: "amisducanal.test." });
  await add({ name: "blog", type: "CNAME", value: "nulle-part" });
  await add({ name: "archives", type: "A", value: "198.51.100.9" });
  const { id: gone } = await add({ name: "ancien", type: "A", value: "192.0.2.77" });
  await removeRecord(root, features, ZONE, gone);
  await turnOff(root, features, ZONE, { name: "boutique", type: "A" });
  await db.zone.update({ where: { name: ZONE }, data: { ds: [DS], parentState: "absent", dsAskedAt: app.clock.now() } });
  await lockZone(root, "fete-du-canal.test", "Déménagement en cours : demandez à Jeanne avant tout changement.");
  await editZone(root, "xn--pniche-caf-b7aj.test", { mode: "external" });
  await addSecondary(root, env, { name: "ns2", address: "192.0.2.54", port: 53, algorithm: "hmac-sha256" });
  await addTemplate(root, { name: "_dmarc", type: "TXT", value: "v=DMARC1; p=none; rua=mailto:postmaster@{domain}", ttl: 3600 });
  return { record };
}
