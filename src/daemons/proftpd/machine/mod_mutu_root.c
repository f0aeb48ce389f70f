/*
 * mod_mutu_root: the one call by which ProFTPD shuts a session into its folder follows no link.
 *
 * The folder lies in a home, where its member may put a link in its place at any time. mod_sftp (1.3.8) follows it: AllowChrootSymlinks is
 * mod_auth's, for FTP only. And looking first and then calling chroot(2) leaves a gap between the two. So what is asked for must be the folder
 * that stands in the user file, letter by letter (mod_sftp gives what a link led to), it is opened without following anything (openat2(2),
 * RESOLVE_NO_SYMLINKS, Linux 5.6), and what was opened becomes the root.
 */
#include "conf.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

module mutu_root_module;

static int mutu_chroot(pr_fs_t *fs, const char *path) {
  struct passwd *pw = session.user == NULL ? NULL : pr_auth_getpwnam(session.pool, session.user);
  struct open_how how;
  int fd, failed;

  (void) fs;
  if (pw == NULL || pw->pw_dir == NULL || strcmp(pw->pw_dir, path) != 0) {
    pr_log_pri(PR_LOG_NOTICE, "mod_mutu_root: %s is not the folder of %s", path, session.user == NULL ? "nobody" : session.user);
    errno = EPERM;
    return -1;
  }
  memset(&how, 0, sizeof(how));
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  fd = (int) syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
  if (fd < 0) {
    pr_log_pri(PR_LOG_NOTICE, "mod_mutu_root: %s: %s", path, strerror(errno));
    return -1;
  }
  failed = fchdir(fd) < 0 || chroot(".") < 0 ? errno : 0;
  (void) close(fd);
  if (failed != 0) {
    pr_log_pri(PR_LOG_NOTICE, "mod_mutu_root: %s: %s", path, strerror(failed));
    errno = failed;
    return -1;
  }
  session.chroot_path = pstrdup(session.pool, path);
  return 0;
}

static int mutu_sess_init(void) {
  pr_fs_t *fs = pr_register_fs(session.pool, "mutu_root", "/");

  /* A session that cannot be shut in does not begin. */
  if (fs == NULL) return -1;
  fs->chroot = mutu_chroot;
  return 0;
}

module mutu_root_module = {
  NULL, NULL,
  0x20, /* API of 1.3 */
  "mutu_root",
  NULL, NULL, NULL,
  NULL, mutu_sess_init,
  "mod_mutu_root/1"
};
