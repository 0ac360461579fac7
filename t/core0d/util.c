/* Growing buffers, clocks, texts and small files. */

#include "core0d.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/random.h>
#include <time.h>


void *
xalloc(size_t size)
{
    void  *p = calloc(1, size);

    if (p == NULL) {
        abort();
    }

    return p;
}


char *
xstrdup(const char *s)
{
    return xprintf("%s", s);
}


char *
xprintf(const char *fmt, ...)
{
    char     *s;
    va_list   args;

    va_start(args, fmt);

    if (vasprintf(&s, fmt, args) < 0) {
        abort();
    }

    va_end(args);

    return s;
}


static void
buf_reserve(buf_t *b, size_t len)
{
    size_t  size = b->size ? b->size : 256;

    while (size < b->len + len + 1) {
        size *= 2;
    }

    if (size == b->size) {
        return;
    }

    b->data = realloc(b->data, size);
    if (b->data == NULL) {
        abort();
    }

    b->size = size;
}


/* The data always ends with a NUL that len does not count. */

void
buf_add(buf_t *b, const void *data, size_t len)
{
    buf_reserve(b, len);

    if (len) {
        memcpy(b->data + b->len, data, len);
    }

    b->len += len;
    b->data[b->len] = '\0';
}


void
buf_puts(buf_t *b, const char *s)
{
    buf_add(b, s, strlen(s));
}


void
buf_printf(buf_t *b, const char *fmt, ...)
{
    char     *s;
    int       n;
    va_list   args;

    va_start(args, fmt);
    n = vasprintf(&s, fmt, args);
    va_end(args);

    if (n < 0) {
        abort();
    }

    buf_add(b, s, n);
    free(s);
}


void
buf_shift(buf_t *b, size_t len)
{
    if (len == 0) {
        return;
    }

    b->len -= len;
    memmove(b->data, b->data + len, b->len + 1);
}


void
buf_free(buf_t *b)
{
    free(b->data);
    memset(b, 0, sizeof(buf_t));
}


int64_t
now_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


int64_t
now_ms(void)
{
    return now_ns() / 1000000;
}


int64_t
mono_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


void
uuid_make(char out[37])
{
    unsigned char  r[16];

    if (getrandom(r, sizeof(r), 0) != sizeof(r)) {
        abort();
    }

    r[6] = (r[6] & 0x0f) | 0x40;
    r[8] = (r[8] & 0x3f) | 0x80;

    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
             "%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3], r[4], r[5],
             r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}


/* The whole of a small file (of /proc, say), to be freed; NULL: unreadable. */

char *
read_text(const char *path, size_t *len)
{
    int      fd = open(path, O_RDONLY|O_CLOEXEC);
    char     chunk[16384];
    buf_t    b = { 0 };
    ssize_t  n;

    if (fd == -1) {
        return NULL;
    }

    buf_add(&b, "", 0);

    while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
        buf_add(&b, chunk, n);
    }

    close(fd);

    if (len) {
        *len = b.len;
    }

    return b.data;
}


/* The first line without surrounding blanks, to be freed; NULL: unreadable. */

char *
read_line(const char *path)
{
    char    *s = read_text(path, NULL), *p;
    size_t   n;

    if (s == NULL) {
        return NULL;
    }

    p = s + strspn(s, " \t");
    n = strcspn(p, "\n");

    while (n && isspace((unsigned char) p[n - 1])) {
        n--;
    }

    memmove(s, p, n);
    s[n] = '\0';

    return s;
}


/* Go spells the texts of the kernel in lower case. */

const char *
errno_text(int err)
{
    static char  text[128];
    size_t       i;

    snprintf(text, sizeof(text), "%s", strerror(err));

    for (i = 0; text[i]; i++) {
        text[i] = tolower((unsigned char) text[i]);
    }

    return text;
}


void
log_line(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    fprintf(stderr, "core0d[%d]: ", (int) getpid());
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}


int
set_nonblock(int fd)
{
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}
