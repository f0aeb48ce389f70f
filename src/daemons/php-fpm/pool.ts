/** One FPM pool as text: the plan's ceilings, the account's walls. Pure. */
import type { PhpState } from "../../features/sites/role.js";
import { accountNumber, decimal, plainWord, poolPath, socketName } from "./words.js";

/** Path that FPM answers for its pool, asked through the site by verification; Apache maps it before any `.htaccess`. */
export const PING_PATH = "/.well-known/mutu-php";

// nginx read > Apache ProxyTimeout > request_terminate_timeout > max_execution_time (HOSTING.md 7): each ten seconds above the next.
const TERMINATE_AFTER_SECONDS = 10;
/** A form carries more than its file. */
const POST_EXTRA_MB = 8;

/** Writes the pool of an account. `probe` is the unit's hash, which the ping answers. */
export function renderPool(state: PhpState, probe: string): string {
  const number = accountNumber(state.account.number);
  // MUTU_ACCOUNTS, MUTU_SOCKETS and MUTU_MAIL are the machine's folders, known to the master's environment only: same bytes on every machine.
  const own = `\${MUTU_ACCOUNTS}/${number}`;
  const home = poolPath(state.home);
  const settings: [string, string][] = [
    ["user", number],
    ["group", number],
    ["listen", `\${MUTU_SOCKETS}/${socketName(state.socket)}`],
    // Who may connect is decided by the socket's folder (root:Apache's group, 0710), so the same file works where nobody is root.
    ["listen.mode", "0666"],
    ["pm", "ondemand"],
    ["pm.max_children", decimal(state.workers)],
    ["pm.process_idle_timeout", "20s"],
    ["pm.max_requests", "500"],
    ["request_terminate_timeout", `${decimal(state.timeSeconds + TERMINATE_AFTER_SECONDS)}s`],
    // Else a request that has sent its answer (fastcgi_finish_request) goes on for ever.
    ["request_terminate_timeout_track_finished", "yes"],
    ["catch_workers_output", "yes"],
    ["ping.path", PING_PATH],
    // `none` would be read as nothing (ini), and FPM refuses an empty answer.
    ["ping.response", plainWord(probe === "" ? "unhashed" : probe)],
    // What Apache hands over (src/daemons/apache/machine/apache.conf), no more.
    ["security.limit_extensions", ".php .php3 .php4 .php5 .php6 .php7 .php8 .php9 .phtml .phar"],
    ["env[PATH]", "/usr/local/bin:/usr/bin:/bin"],
    ["env[TMPDIR]", `${own}/tmp`],
  ];
  // Ceilings are php_admin_value: a script cannot lift them, nor .user.ini. The value of a site arrives as PHP_VALUE on every request and
  // replaces the number while the lock stays (tried on 8.2: fpm_php_zend_ini_alter_master checks no lock, only sets it).
  const values: [string, string][] = [
    ["memory_limit", `${decimal(state.memoryMb)}M`],
    ["max_execution_time", decimal(state.timeSeconds)],
    ["upload_max_filesize", `${decimal(state.uploadMb)}M`],
    ["post_max_size", `${decimal(state.uploadMb + POST_EXTRA_MB)}M`],
    ["open_basedir", `${home}/:${own}/`],
    ["sys_temp_dir", `${own}/tmp`],
    ["upload_tmp_dir", `${own}/tmp`],
    ["session.save_path", `${own}/sessions`],
    ["sendmail_path", `\${MUTU_MAIL} -f ${plainWord(state.envelope)}`],
  ];
  return [
    `; Written by Mutu for account ${number}. Do not edit: the next publication replaces this file.`,
    `[${number}-${plainWord(state.version)}-${plainWord(state.master)}]`,
    ...settings.map(([key, value]) => `${key} = ${value}`),
    ...values.map(([key, value]) => `php_admin_value[${key}] = "${value}"`),
    "",
  ].join("\n");
}
