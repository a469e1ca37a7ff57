/* A disk that loses what was not synced, for LD_PRELOAD.
 *
 * Files in the folder UNSYNCED_SEEN behave as always. Beside that, each write is kept in memory, and applied to the file
 * of the same name in UNSYNCED_DURABLE only when the file is synced; a removal only when the folder is synced. So when
 * the process is killed, UNSYNCED_DURABLE is what a disk would hold after a power cut. UNSYNCED_LEAK of a hundred writes
 * reach it early as well, and of those some in part: disks promise no order.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 64
#define FDS 4096
#define FOLDER FILES

struct op { off_t at; ssize_t size; struct op *next; char bytes[]; }; /* size < 0: truncate to `at` */
struct file { char name[128]; struct op *first, **last; int removed; };

static struct file files[FILES];
static int file_of[FDS]; /* 0: not ours; otherwise index + 1, FOLDER + 1: the folder */
static char seen[4096], durable[4096];
static unsigned leak, dice = 12345;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_unlink)(const char *);

static void must(int good, const char *what) {
    if (!good) { perror(what); _exit(99); }
}

__attribute__((constructor)) static void set_up(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_open = dlsym(RTLD_NEXT, "open");
    real_close = dlsym(RTLD_NEXT, "close");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *from = getenv("UNSYNCED_SEEN"), *to = getenv("UNSYNCED_DURABLE"), *early = getenv("UNSYNCED_LEAK");
    must(from && to, "UNSYNCED_SEEN and UNSYNCED_DURABLE");
    snprintf(seen, sizeof seen, "%s", from);
    snprintf(durable, sizeof durable, "%s", to);
    leak = early ? atoi(early) : 0;
    dice += getpid();
}

static unsigned roll(unsigned sides) {
    dice = dice * 1103515245 + 12345;
    return (dice >> 16) % sides;
}

/* The index + 1 of a path in the folder (shared memory is no file on a disk), or 0. */
static int index_of(const char *path) {
    size_t length = strlen(seen);
    if (!length || strncmp(path, seen, length)) return 0;
    if (!path[length]) return FOLDER + 1;
    const char *name = path + length + 1, *end = name + strlen(name);
    if (path[length] != '/' || (end - name > 4 && !strcmp(end - 4, "-shm"))) return 0;
    for (int i = 0; i < FILES; i++) {
        if (!files[i].name[0]) {
            snprintf(files[i].name, sizeof files[i].name, "%s", name);
            files[i].last = &files[i].first;
        }
        if (!strcmp(files[i].name, name)) return i + 1;
    }
    must(0, "too many files");
    return 0;
}

static struct file *of(int fd) {
    return fd >= 0 && fd < FDS && file_of[fd] && file_of[fd] <= FILES ? &files[file_of[fd] - 1] : NULL;
}

static int open_durable(struct file *file) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", durable, file->name);
    int fd = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    must(fd >= 0, path);
    return fd;
}

static void apply(int fd, struct op *op) {
    if (op->size < 0) must(real_ftruncate(fd, op->at) == 0, "truncate");
    else must(real_pwrite(fd, op->bytes, op->size, op->at) == op->size, "write");
}

static void keep(struct file *file, const void *bytes, ssize_t size, off_t at) {
    struct op *op = malloc(sizeof *op + (size > 0 ? size : 0));
    must(op != NULL, "memory");
    op->at = at;
    op->size = size;
    op->next = NULL;
    if (size > 0) memcpy(op->bytes, bytes, size);
    *file->last = op;
    file->last = &op->next;
    if (size > 0 && roll(100) < leak) {
        int fd = open_durable(file);
        ssize_t part = roll(3) ? size : (ssize_t)roll(size + 1) / 512 * 512;
        must(real_pwrite(fd, bytes, part, at) == part, "write");
        real_close(fd);
    }
}

static void forget(struct file *file) {
    while (file->first) {
        struct op *op = file->first;
        file->first = op->next;
        free(op);
    }
    file->last = &file->first;
}

static int sync_fd(int fd) {
    pthread_mutex_lock(&lock);
    struct file *file = of(fd);
    int folder = fd >= 0 && fd < FDS && file_of[fd] == FOLDER + 1;
    if (file) {
        int to = open_durable(file);
        for (struct op *op = file->first; op; op = op->next) apply(to, op);
        real_close(to);
        forget(file);
        file->removed = 0;
    }
    if (folder) {
        for (int i = 0; i < FILES; i++) {
            if (!files[i].removed) continue;
            char path[8192];
            snprintf(path, sizeof path, "%s/%s", durable, files[i].name);
            real_unlink(path);
            files[i].removed = 0;
        }
    }
    pthread_mutex_unlock(&lock);
    return file || folder ? 0 : real_fsync(fd);
}

int fsync(int fd) { return sync_fd(fd); }
int fdatasync(int fd) { return sync_fd(fd); }

static int track(const char *path, int fd) {
    if (fd >= 0 && fd < FDS) {
        pthread_mutex_lock(&lock);
        file_of[fd] = index_of(path);
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return track(path, real_open(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return track(path, real_open(path, flags | O_LARGEFILE, mode));
}

int close(int fd) {
    if (fd >= 0 && fd < FDS) file_of[fd] = 0;
    return real_close(fd);
}

int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    int index = index_of(path);
    if (index && index <= FILES) {
        struct file *file = &files[index - 1];
        forget(file);
        keep(file, NULL, -1, 0); /* the next file of that name begins empty */
        file->removed = 1;
    }
    pthread_mutex_unlock(&lock);
    return real_unlink(path);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    pthread_mutex_lock(&lock);
    ssize_t done = real_pwrite(fd, bytes, size, at);
    struct file *file = of(fd);
    if (file && done > 0) keep(file, bytes, done, at);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) { return pwrite(fd, bytes, size, at); }

ssize_t write(int fd, const void *bytes, size_t size) {
    struct file *file = of(fd);
    if (!file) return real_write(fd, bytes, size);
    pthread_mutex_lock(&lock);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real_write(fd, bytes, size);
    if (done > 0) keep(file, bytes, done, at);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t size) {
    pthread_mutex_lock(&lock);
    int done = real_ftruncate(fd, size);
    struct file *file = of(fd);
    if (file && done == 0) keep(file, NULL, -1, size);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }
