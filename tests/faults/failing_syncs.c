// Preloaded into a server whose disk is to fail (tests/contract/broken_disk.h, tests/system/faulty_stores.py): while a
// file of its name stands in the folder SOTTO_FAILING_SYNCS, fsync or fdatasync gives EIO and syncs nothing, as where
// the disk does not take what the page cache holds.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(char const* name) {
  char const* folder = getenv("SOTTO_FAILING_SYNCS");
  char path[4096];
  if (!folder) return 0;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

static int sync_unless(int failing, long call, int file) {
  if (failing) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(call, file);
}

int fsync(int file) { return sync_unless(fails("fsync"), SYS_fsync, file); }
int fdatasync(int file) { return sync_unless(fails("fdatasync"), SYS_fdatasync, file); }
