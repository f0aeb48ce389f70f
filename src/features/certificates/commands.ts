/** `mutu certificates …`. One is named by one of its names. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import { Secret } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { chooseAuthority, getAuthority, leaveAuthority } from "./authorities.js";
import { editSubject, retrySubject } from "./choices.js";
import { SubjectChange } from "./forms.js";
import { lookAt } from "./looks.js";
import { readProblem } from "./problems.js";
import { parseReason, revokeCertificate } from "./revocation.js";
import { AuthorityInput } from "./schemas.js";
import { shownFingerprint } from "./shown.js";
import { getSubject, listSubjects } from "./subjects.js";
import { uploadCertificate } from "./uploads.js";

const ALL = 100_000;

/** Adds the verbs of certificates. */
export function certificateCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (...words: (string | null | undefined)[]) => process.stdout.write(`${words.map((word) => word ?? "").join("\t")}\n`);

  command
    .command("list [words]")
    .description("what has a certificate: its state, end and issuer")
    .option("--state <state>", "waiting, valid, partial, failing, none or expiring")
    .action(async (q: string | undefined, { state }: { state?: string }) => {
      const { rows } = await listSubjects(context(), { ...(q ? { q } : {}), ...(state ? { state } : {}), take: ALL });
      for (const { title, service, source, state: now, current } of rows)
        say(title, service ?? "site", source, now, current?.notAfter.toISOString(), current?.issuer);
    });
  command
    .command("show <name>")
    .description("names, problems, certificate")
    .action(async (name: string) => {
      const subject = await getSubject(context(), name);
      say(subject.title, subject.source, subject.state);
      for (const one of subject.names) say(one.name, one.state, readProblem(one.problem)?.code, one.nextAt?.toISOString());
      const { current } = subject;
      if (current) say(current.issuer, current.notAfter.toISOString(), shownFingerprint(current.fingerprint), current.verifiedAt ? "verified" : "not verified");
    });
  command
    .command("edit <name>")
    .description("change what was chosen")
    .option("--source <source>", "acme (automatic), own or none")
    .option("--challenge <challenge>", "auto, http or dns")
    .option("--tlsa <yes>", "true or false: TLSA records, where the zone is signed")
    .action(async (name: string, options: Record<string, unknown>) => {
      await editSubject(context(), services, name, parseCommand(SubjectChange, options));
    });
  command
    .command("give <name> <files...>")
    .description("use a certificate of your own: PEM or PKCS#12 files, in any order; a password is read from standard input")
    .option("--password", "read the password of the file from standard input")
    .option("--partial", "take it although it does not cover every name")
    .action(async (name: string, files: string[], options: { password?: boolean; partial?: boolean }) => {
      const parts = files.map((file) => ({ field: file, content: readFileSync(file) }));
      const password = options.password ? new Secret(readFileSync(0, "utf8").replace(/\r?\n$/, "")) : null;
      const { subject, notes } = await uploadCertificate(context(), services, name, { parts, password, partial: options.partial === true });
      say(subject.title, subject.current?.notAfter.toISOString(), ...notes.map(({ code }) => code));
    });
  command
    .command("retry <name>")
    .description("ask for the certificate now, not at the next try")
    .action(async (name: string) => {
      await retrySubject(context(), name);
    });
  command
    .command("revoke <name> <reason>")
    .description("take the certificate back: seen (its key), replaced or over; a new one is asked for at once")
    .action(async (name: string, reason: string) => {
      await revokeCertificate(context(), services, name, { reason: parseReason(reason) });
    });
  command
    .command("look <name>")
    .description("see the name as a visitor's browser does")
    .action(async (name: string) => {
      const sight = await lookAt(context(), services, name, name);
      for (const { verdict, address, facts } of sight.looks)
        say(verdict, address, facts?.issuer, facts?.notAfter.toISOString(), facts && shownFingerprint(facts.fingerprint));
    });
  authorityCommands(command.command("authority").description("where certificates are asked for"), services);
}

function authorityCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  command
    .command("show")
    .description("the authority in use")
    .action(async () => {
      const account = await getAuthority(context());
      if (account) process.stdout.write(`${account.directory}\t${account.contact}\t${account.termsAgreedAt?.toISOString() ?? ""}\n`);
    });
  command
    .command("choose <directory>")
    .description("ask this ACME directory from now on; the HMAC key of an external account is read from standard input")
    .option("--contact <mail>", "whom the authority may write to")
    .option("--terms-agreed", "its terms of service are read and accepted")
    .option("--eab-key-id <id>", "of an external account")
    .action(async (directory: string, options: Record<string, unknown>) => {
      const eabSecret = options["eabKeyId"] ? readFileSync(0, "utf8").trim() : undefined;
      await chooseAuthority(context(), services, parseCommand(AuthorityInput, { directory, ...options, ...(eabSecret ? { eabSecret } : {}) }));
    });
  command
    .command("leave")
    .description("ask for no certificate any more; those that are there go on until they end")
    .action(async () => {
      await leaveAuthority(context());
    });
}
