// Preloaded in front of libc: counts the calls by which a process changes files, and at the N-th kills the
// process or lets the call fail. Standard streams do not count.
//
//     FAULT_LOG=FILE      write the number of calls to FILE when the process ends
//     FAULT_KILL=N        SIGKILL in place of the N-th call
//     FAULT_FAIL=N        the N-th call fails with FAULT_ERRNO; with FAULT_ONWARDS=1, all from then on
//     FAULT_SYNC_OF=NAME  with FAULT_SYNC=N: the N-th sync of a file whose name ends so fails with FAULT_ERRNO
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;
static long kill_at, fail_at, fail_errno, onwards;
static const char *log_path, *sync_of;
static atomic_long syncs;
static long sync_at;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void) {
    kill_at = number("FAULT_KILL");
    fail_at = number("FAULT_FAIL");
    fail_errno = number("FAULT_ERRNO");
    onwards = number("FAULT_ONWARDS");
    log_path = getenv("FAULT_LOG");
    sync_of = getenv("FAULT_SYNC_OF");
    sync_at = number("FAULT_SYNC");
}

__attribute__((destructor)) static void end(void) {
    if (!log_path) return;
    FILE *file = fopen(log_path, "w");
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&calls));
        fclose(file);
    }
}

// Whether this call is to fail.
static int step(void) {
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (call == kill_at) {
        kill(getpid(), SIGKILL);
        pause();
    }
    if (fail_at && (call == fail_at || (onwards && call > fail_at))) {
        errno = (int)fail_errno;
        return 1;
    }
    return 0;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        REAL(name); \
        if ((flags & O_CREAT) && step()) return -1; \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define WRITE(name, offset) \
    ssize_t name(int file, const void *bytes, size_t count, offset at) { \
        REAL(name); \
        if (file > 2 && step()) return -1; \
        return real(file, bytes, count, at); \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    if (file > 2 && step()) return -1;
    return real(file, bytes, count);
}

// Whether this sync is the one that is to fail.
static int fails_to_sync(int file) {
    if (!sync_of) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t end = strlen(sync_of);
    if (length < (ssize_t)end || strncmp(path + length - end, sync_of, end)) return 0;
    if (atomic_fetch_add(&syncs, 1) + 1 != sync_at) return 0;
    errno = (int)fail_errno;
    return 1;
}

#define ON_FILE(name) \
    int name(int file) { \
        REAL(name); \
        if (step() || fails_to_sync(file)) return -1; \
        return real(file); \
    }
ON_FILE(fsync)
ON_FILE(fdatasync)

#define TRUNCATE(name, offset) \
    int name(int file, offset length) { \
        REAL(name); \
        if (step()) return -1; \
        return real(file, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ON_PATH(name) \
    int name(const char *path) { \
        REAL(name); \
        if (step()) return -1; \
        return real(path); \
    }
ON_PATH(unlink)
ON_PATH(remove)

#define ON_PATHS(name) \
    int name(const char *path, const char *other) { \
        REAL(name); \
        if (step()) return -1; \
        return real(path, other); \
    }
ON_PATHS(link)
ON_PATHS(rename)

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (step()) return -1;
    return real(path, mode);
}
