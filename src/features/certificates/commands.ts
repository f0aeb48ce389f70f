/** `mutu certificates …`. One is named by one of its names. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import { Secret } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { editSubject, retrySubject } from "./choices.js";
import { SubjectChange } from "./forms.js";
import { lookAt } from "./looks.js";
import { readProblem } from "./problems.js";
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
      await editSubject(context(), name, parseCommand(SubjectChange, options));
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
    .command("look <name>")
    .description("see the name as a visitor's browser does")
    .action(async (name: string) => {
      const sight = await lookAt(context(), services, name, name);
      for (const { verdict, address, facts } of sight.looks)
        say(verdict, address, facts?.issuer, facts?.notAfter.toISOString(), facts && shownFingerprint(facts.fingerprint));
    });
}
