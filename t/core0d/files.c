/*
 * filesystem.*: open descriptors and their reading and writing.  Every path
 * is resolved by the kernel inside the caller's root (RESOLVE_IN_ROOT), so
 * neither ".." nor a symlink leads out of it.
 */

#include "core0d.h"
#include "files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#define BLOCK  (512 * 1024)
#define IDLE_MS  (5 * 60 * 1000)
#define PURGE_MS  (30 * 1000)


typedef struct open_file_s {
    LIST_ENTRY(open_file_s)  link;
    char                     id[37];
    const container_t       *ct;
    int                      fd;
    char                    *path;
    int64_t                  used;
} open_file_t;


static LIST_HEAD(, open_file_s)  files = LIST_HEAD_INITIALIZER(files);
static timer_node_t              purge;


int
open_in(const container_t *ct, const char *path, int flags, mode_t mode)
{
    int              fd = -1, n;
    struct open_how  how = { .flags = flags|O_CLOEXEC,
                             .resolve = RESOLVE_IN_ROOT };

    if (!(flags & O_PATH)) {
        how.flags |= O_NOCTTY|O_NONBLOCK;       /* a pipe must not hold us */
    }

    if (flags & O_CREAT) {
        how.mode = mode;
    }

    /* EAGAIN: something was renamed anywhere while ".." was followed */

    for (n = 0; n < 100; n++) {
        fd = syscall(SYS_openat2, container_root(ct), *path ? path : "/", &how,
                     sizeof(how));

        if (fd != -1 || errno != EAGAIN) {
            break;
        }
    }

    return fd;
}


static void
file_close(open_file_t *f)
{
    LIST_REMOVE(f, link);
    close(f->fd);
    free(f->path);
    free(f);
}


static void
purge_idle(void *data)
{
    int64_t       now = mono_ms();
    open_file_t  *f, *next;

    (void) data;

    for (f = LIST_FIRST(&files); f; f = next) {
        next = LIST_NEXT(f, link);

        if (now - f->used > IDLE_MS) {
            file_close(f);
        }
    }

    if (LIST_FIRST(&files)) {
        timer_set(&purge, PURGE_MS);
    }
}


void
files_drop(const container_t *ct)
{
    open_file_t  *f, *next;

    for (f = LIST_FIRST(&files); f; f = next) {
        next = LIST_NEXT(f, link);

        if (f->ct == ct) {
            file_close(f);
        }
    }

    if (LIST_FIRST(&files) == NULL) {
        timer_del(&purge);
    }
}


static open_file_t *
file_find(job_t *job, json_t *args)
{
    open_file_t  *f;
    const char   *id = json_string_at(args, "fd", "");

    LIST_FOREACH(f, &files, link) {
        if (f->ct == job->ct && strcmp(f->id, id) == 0) {
            f->used = mono_ms();
            return f;
        }
    }

    return NULL;
}


static json_t *
unknown_file(job_t *job, json_t *args)
{
    return job_fail(job, 500, "unknown file description '%s'",
                    json_string_at(args, "fd", ""));
}


/* Python's modes: one of r, w, x, a, and perhaps "+".  -1: error is set. */

static int
open_flags(job_t *job, const char *mode)
{
    int  flags = -1, plus = 0, base = 0;

    for ( ; *mode; mode++) {
        if (*mode == '+') {
            plus = 1;
            continue;
        }

        if (strchr("rwxa", *mode) == NULL) {
            job_fail(job, 500, "unknown mode '%c'", *mode);
            return -1;
        }

        base++;
        flags = *mode == 'r' ? 0 : *mode == 'w' ? O_CREAT|O_TRUNC
                : *mode == 'x' ? O_CREAT|O_EXCL : O_CREAT|O_APPEND;
        flags |= *mode == 'r' ? O_RDONLY : O_WRONLY;
    }

    if (base != 1) {
        job_fail(job, 500, "rwax modes has to be used once and only once");
        return -1;
    }

    return plus ? (flags & ~O_ACCMODE) | O_RDWR : flags;
}


json_t *
files_open_cmd(job_t *job, json_t *args)
{
    int           fd, flags;
    const char   *path = json_string_at(args, "file", "");
    open_file_t  *f;

    flags = open_flags(job, json_string_at(args, "mode", ""));
    if (flags == -1) {
        return NULL;
    }

    fd = open_in(job->ct, path, flags, json_int_at(args, "perm", 0) & 0777);
    if (fd == -1) {
        return job_fail_errno(job, "open", path);
    }

    f = xalloc(sizeof(open_file_t));
    uuid_make(f->id);
    f->ct = job->ct;
    f->fd = fd;
    f->path = xstrdup(path);
    f->used = mono_ms();
    LIST_INSERT_HEAD(&files, f, link);

    if (purge.pos == 0) {
        purge.handler = purge_idle;
        timer_set(&purge, PURGE_MS);
    }

    return json_str(f->id);
}


json_t *
files_read_cmd(job_t *job, json_t *args)
{
    char         *text;
    size_t        len = 0;
    json_t       *v;
    ssize_t       n;
    open_file_t  *f = file_find(job, args);
    static char   block[BLOCK];

    if (f == NULL) {
        return unknown_file(job, args);
    }

    while (len < BLOCK && (n = read(f->fd, block + len, BLOCK - len)) != 0) {
        if (n == -1) {
            return job_fail_errno(job, "read", f->path);
        }

        len += n;
    }

    text = base64_encode(block, len);
    v = json_str(text);
    free(text);

    return v;
}


json_t *
files_write_cmd(job_t *job, json_t *args)
{
    char           *data, *p;
    size_t          len, bad;
    ssize_t         n = 0;
    open_file_t    *f = file_find(job, args);
    const json_t   *block = json_object_get(args, "block");

    if (f == NULL) {
        return unknown_file(job, args);
    }

    data = base64_decode(json_string_at(args, "block", ""),
                         json_string_length(block), &len, &bad);
    if (data == NULL) {
        return job_fail(job, 500, "illegal base64 data at input byte %zu",
                        bad);
    }

    for (p = data; len && (n = write(f->fd, p, len)) > 0; p += n) {
        len -= n;
    }

    free(data);

    return n == -1 ? job_fail_errno(job, "write", f->path) : json_null();
}


json_t *
files_close_cmd(job_t *job, json_t *args)
{
    open_file_t  *f = file_find(job, args);

    if (f) {
        file_close(f);
    }

    return json_null();
}
