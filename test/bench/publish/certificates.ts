/** A certificate for every site, each with a key of its own, laid beside nginx as apply leaves them: by apply itself fifty thousand would take hours. */
import { pemFor } from "../../machines/certificate-rig.js";
import type { LabNode } from "../../machines/lab/node.js";

const AT_ONCE = 2_000;
// Names and files on standard input, each ended by NUL; what was there (a link to the fallback) gives way by a rename.
const SCRIPT = `chdir "/var/lib/mutu/tls" or die "$!\\n";
my $group = (stat "fallback.pem")[5]; local $/ = "\\0"; my $count = 0;
while (<STDIN>) {
  chomp; my ($name, $pem) = split /\\n/, $_, 2;
  open(my $file, ">", "new") or die "$name: $!\\n"; print $file $pem; close $file or die "$name: $!\\n";
  chown 0, $group, "new"; chmod 0640, "new"; rename "new", "$name.pem" or die "$name: $!\\n"; $count++;
}
print $count;`;

/** Lays them; gives how many. */
export async function layCertificates(web: LabNode, names: readonly string[]): Promise<number> {
  let laid = 0;
  for (let start = 0; start < names.length; start += AT_ONCE) {
    const input = names
      .slice(start, start + AT_ONCE)
      .map((name) => `${name}\n${pemFor(name)}\0`)
      .join("");
    laid += Number(await web.must(["perl", "-e", SCRIPT], { input }));
  }
  return laid;
}
