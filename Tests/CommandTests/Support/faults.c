// Preloaded in front of libc: counts the calls by which a process changes files, and at the N-th kills the
// process or lets the call fail. Standard streams do not count.
//
//     FAULT_LOG=FILE      write the number of calls to FILE when the process ends
//     FAULT_KILL=N        SIGKILL in place of the N-th call
//     FAULT_FAIL=N        the N-th call fails with FAULT_ERRNO; with FAULT_ONWARDS=1, all from then on
//     FAULT_POWER=FILE    notes in FILE what power.py undoes when the power goes: changes that no sync has made durable
//     FAULT_SYNC_OF=NAME  with FAULT_SYNC=N: the N-th sync of a file whose name ends so fails with FAULT_ERRNO; with
//                         FAULT_ONWARDS=1, every sync of any file from then on
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;
static long kill_at, fail_at, fail_errno, onwards;
static const char *log_path, *sync_of, *power_path;
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
    power_path = getenv("FAULT_POWER");
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

// What the power takes. A record is a header, two paths, and the bytes that stood there before. Written before the call
// that it is about, and behind a sync that succeeded.
struct record {
    // W bytes, T length, S sync, F sync that failed, D sync of a directory, C create, L link, U unlink, R rename, M mkdir
    char op;
    char padding[7];
    // `count` bytes are changed from `offset` on; `length` of them stood there before, in a file of `size`.
    uint64_t inode, offset, count, size, length, path_length, other_length;
};
static pthread_mutex_t power_lock = PTHREAD_MUTEX_INITIALIZER;

static void put(int file, const void *bytes, size_t count) {
    static ssize_t (*real_write)(int, const void *, size_t);
    if (!real_write) real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    while (count > 0) {
        ssize_t done = real_write(file, bytes, count);
        if (done <= 0) abort();
        bytes = (const char *)bytes + done;
        count -= (size_t)done;
    }
}

static int power_file(void) {
    static int (*real_open)(const char *, int, ...);
    static int file = -1;
    if (!real_open) real_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    if (file < 0) file = real_open(power_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) abort();
    return file;
}

static void note(char op, const struct stat *status, uint64_t offset, uint64_t count, const char *path,
                 const char *other, const void *bytes, uint64_t length) {
    struct record record = {
        .op = op, .inode = status ? status->st_ino : 0, .offset = offset, .count = count,
        .size = status ? (uint64_t)status->st_size : 0, .length = length, .path_length = strlen(path),
        .other_length = strlen(other)};
    pthread_mutex_lock(&power_lock);
    int file = power_file();
    put(file, &record, sizeof record);
    put(file, path, record.path_length);
    put(file, other, record.other_length);
    put(file, bytes, length);
    pthread_mutex_unlock(&power_lock);
}

static void absolute(const char *path, char *out) {
    if (path[0] == '/') {
        snprintf(out, 4096, "%s", path);
    } else {
        char folder[2048];
        snprintf(out, 4096, "%s/%s", getcwd(folder, sizeof folder), path);
    }
}

// Old bytes of a file from an offset on, `count` at most; to be freed.
static void *old_bytes(int file, uint64_t offset, uint64_t count, const struct stat *status, uint64_t *length) {
    uint64_t size = (uint64_t)status->st_size;
    *length = offset < size ? (count < size - offset ? count : size - offset) : 0;
    char *bytes = malloc(*length + 1);
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    (void)path;
    static int (*real_open)(const char *, int, ...);
    if (!real_open) real_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    // The descriptor may be open for writing only.
    int own = real_open(link, O_RDONLY | O_CLOEXEC);
    uint64_t done = 0;
    while (own >= 0 && done < *length) {
        ssize_t read = pread(own, bytes + done, *length - done, (off_t)(offset + done));
        if (read <= 0) break;
        done += (uint64_t)read;
    }
    if (own >= 0) close(own);
    *length = done;
    return bytes;
}

static void note_bytes(char op, int file, uint64_t offset, uint64_t count) {
    struct stat status;
    if (!power_path || file <= 2 || fstat(file, &status) || !S_ISREG(status.st_mode)) return;
    uint64_t length;
    void *bytes = old_bytes(file, offset, count, &status, &length);
    note(op, &status, offset, count, "", "", bytes, length);
    free(bytes);
}

// After a sync that failed, Linux takes the pages for written: no later sync writes them.
static void note_sync(int file, int failed) {
    struct stat status;
    if (!power_path || fstat(file, &status) || (failed && S_ISDIR(status.st_mode))) return;
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    note(failed ? 'F' : S_ISDIR(status.st_mode) ? 'D' : 'S', &status, 0, 0, path, "", "", 0);
}

// Of a name that goes, the whole content is kept.
static void note_names(char op, const char *path, const char *other, const char *lost) {
    if (!power_path) return;
    char first[4096], second[4096] = "";
    absolute(path, first);
    if (other) absolute(other, second);
    struct stat status = {0};
    void *bytes = malloc(1);
    uint64_t length = 0;
    static int (*real_open)(const char *, int, ...);
    if (!real_open) real_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    int file = lost ? real_open(lost, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    if (file >= 0 && !fstat(file, &status) && S_ISREG(status.st_mode)) {
        free(bytes);
        bytes = old_bytes(file, 0, UINT64_MAX, &status, &length);
    }
    if (file >= 0) close(file);
    note(op, status.st_ino ? &status : NULL, 0, 0, first, second, bytes, length);
    free(bytes);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        REAL(name); \
        if ((flags & O_CREAT) && step()) return -1; \
        if ((flags & O_CREAT) && power_path && access(path, F_OK)) note_names('C', path, NULL, NULL); \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define WRITE(name, offset) \
    ssize_t name(int file, const void *bytes, size_t count, offset at) { \
        REAL(name); \
        if (file > 2 && step()) return -1; \
        note_bytes('W', file, (uint64_t)at, count); \
        return real(file, bytes, count, at); \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    if (file > 2 && step()) return -1;
    if (power_path && file > 2) {
        struct stat status;
        int appends = fcntl(file, F_GETFL) & O_APPEND;
        off_t at = appends && !fstat(file, &status) ? status.st_size : lseek(file, 0, SEEK_CUR);
        if (at >= 0) note_bytes('W', file, (uint64_t)at, count);
    }
    return real(file, bytes, count);
}

// Whether this sync is the one that is to fail.
static int fails_to_sync(int file) {
    if (!sync_of) return 0;
    if (onwards && atomic_load(&syncs) >= sync_at) {
        errno = (int)fail_errno;
        return 1;
    }
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
        if (step() || fails_to_sync(file)) { \
            int code = errno; \
            note_sync(file, 1); \
            errno = code; \
            return -1; \
        } \
        int outcome = real(file); \
        if (!outcome) note_sync(file, 0); \
        return outcome; \
    }
ON_FILE(fsync)
ON_FILE(fdatasync)

#define TRUNCATE(name, offset) \
    int name(int file, offset length) { \
        REAL(name); \
        if (step()) return -1; \
        note_bytes('T', file, (uint64_t)length, UINT64_MAX); \
        return real(file, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ON_PATH(name) \
    int name(const char *path) { \
        REAL(name); \
        if (step()) return -1; \
        note_names('U', path, NULL, path); \
        return real(path); \
    }
ON_PATH(unlink)
ON_PATH(remove)

#define ON_PATHS(name, op, lost) \
    int name(const char *path, const char *other) { \
        REAL(name); \
        if (step()) return -1; \
        note_names(op, path, other, lost); \
        return real(path, other); \
    }
ON_PATHS(link, 'L', NULL)
ON_PATHS(rename, 'R', other)

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (step()) return -1;
    note_names('M', path, NULL, NULL);
    return real(path, mode);
}
