// Adds LOTSE_FSYNC_MS (default 2) milliseconds to every fsync and fdatasync of the program that it is preloaded into: most disks
// take longer than those of development machines.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_a_little(void) {
  const char* const text = getenv("LOTSE_FSYNC_MS");
  const double ms = text == NULL ? 2.0 : atof(text);
  const struct timespec time = {.tv_sec = (time_t)(ms / 1e3), .tv_nsec = (long)(ms * 1e6) % 1000000000L};
  nanosleep(&time, NULL);
}

int fsync(int file) {
  int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_a_little();
  return real(file);
}

int fdatasync(int file) {
  int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_a_little();
  return real(file);
}
