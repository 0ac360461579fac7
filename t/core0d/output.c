/*
 * What a program prints: lines, level prefixes ("20::text", "20:::" ... ":::")
 * and the newest lines of each stream.
 */

#include "core0d.h"

#define CHUNK  65536


static void
lines_add(lines_t *l, const char *text, size_t len)
{
    size_t  at;

    if (l->line == NULL) {
        l->limit = opt.gen == GEN_C ? 100 : LINES_MAX;
        l->line = xalloc(LINES_MAX * sizeof(char *));
        l->len = xalloc(LINES_MAX * sizeof(size_t));
    }

    if (l->count == l->limit) {
        free(l->line[l->first]);
        l->first = (l->first + 1) % l->limit;
        l->count--;
    }

    at = (l->first + l->count++) % l->limit;
    l->line[at] = xalloc(len + 1);
    l->len[at] = len;
    memcpy(l->line[at], text, len);
}


static void
lines_free(lines_t *l)
{
    while (l->count) {
        free(l->line[l->first]);
        l->first = (l->first + 1) % l->limit;
        l->count--;
    }

    free(l->line);
    free(l->len);
    memset(l, 0, sizeof(lines_t));
}


/*
 * A and B: the last 1000 lines, each with its line end.  C: the last 100,
 * joined; "closing" adds the empty line that C appends to one of the streams.
 */

void
channel_join(channel_t *ch, buf_t *out, int closing)
{
    size_t    i, at;
    lines_t  *l = &ch->lines;

    buf_add(out, "", 0);

    if (opt.gen == GEN_C && closing) {
        lines_add(l, "", 0);
    }

    for (i = 0; i < l->count; i++) {
        at = (l->first + i) % l->limit;

        if (opt.gen == GEN_C && i) {
            buf_add(out, "\n", 1);
        }

        buf_add(out, l->line[at], l->len[at]);

        if (opt.gen != GEN_C) {
            buf_add(out, "\n", 1);
        }
    }
}


static void
payload_set(job_t *job, int level, const char *text, size_t len)
{
    if (level == 9) {
        free(job->critical);
        job->critical = xprintf("%.*s", (int) len, text);
        return;
    }

    if ((level >= 20 && level <= 23) || level == 30) {
        buf_free(&job->payload);
        buf_add(&job->payload, text, len);
        job->payload_level = level;
    }
}


static void
message(channel_t *ch, int level, const char *text, size_t len)
{
    job_t      *job = ch->job;
    channel_t  *to = level == 1 ? &job->out : &job->err;

    if ((level == 1 || level == 2) && (len || opt.gen == GEN_C)) {
        lines_add(&to->lines, text, len);
    }

    payload_set(job, level, text, len);
    job_message(job, level, 0, text, len);
}


/* Returns the level of "N::" or "N:::" and what follows it; 0: no prefix. */

static int
prefix(const char *s, size_t len, int *multi, size_t *skip)
{
    int     level = 0;
    size_t  i;

    for (i = 0; i < len && i < 2 && s[i] >= '0' && s[i] <= '9'; i++) {
        level = level * 10 + s[i] - '0';
    }

    if (i == 0 || i + 2 > len || s[i] != ':' || s[i + 1] != ':') {
        return 0;
    }

    *multi = i + 2 < len && s[i + 2] == ':';
    *skip = i + 2 + *multi;

    return level;
}


static void
take_line(channel_t *ch, const char *s, size_t len)
{
    int     level, multi;
    size_t  skip;

    if (ch->multi) {
        if (len == 3 && memcmp(s, ":::", 3) == 0) {
            message(ch, ch->multi, ch->text.data, ch->text.len);
            ch->multi = 0;
            return;
        }

        if (ch->text.len) {
            buf_add(&ch->text, "\n", 1);
        }

        buf_add(&ch->text, s, len);
        return;
    }

    level = prefix(s, len, &multi, &skip);

    if (level == 0) {
        message(ch, ch->level, s, len);
        return;
    }

    if (!multi) {
        message(ch, level, s + skip, len - skip);
        return;
    }

    ch->multi = level;
    buf_free(&ch->text);
    buf_add(&ch->text, s + skip, len - skip);
}


static void
take_lines(channel_t *ch)
{
    char    *s = ch->in.data, *end = s + ch->in.len, *nl;

    while (s < end && (nl = memchr(s, '\n', end - s)) != NULL) {
        take_line(ch, s, nl - s);
        s = nl + 1;
    }

    buf_shift(&ch->in, s - ch->in.data);
}


static void
channel_end(channel_t *ch)
{
    if (ch->in.len) {
        take_line(ch, ch->in.data, ch->in.len);
    }

    io_del(&ch->io);
    close(ch->io.fd);
    ch->io.fd = -1;
    job_channel_done(ch->job);      /* may free the job, and us with it */
}


/* One read for each event: a program that floods must not starve the rest. */

static void
channel_event(void *data, uint32_t events)
{
    char        chunk[CHUNK];
    ssize_t     n;
    channel_t  *ch = data;

    (void) events;

    n = read(ch->io.fd, chunk, sizeof(chunk));

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        channel_end(ch);
        return;
    }

    buf_add(&ch->in, chunk, n);
    take_lines(ch);
}


/*
 * The program was killed: what it wrote counts, but nobody waits for the
 * children that still hold its streams.
 */

void
channel_drain(channel_t *ch)
{
    char     chunk[CHUNK];
    ssize_t  n;

    if (ch->io.fd == -1) {
        return;
    }

    while ((n = read(ch->io.fd, chunk, sizeof(chunk))) > 0) {
        buf_add(&ch->in, chunk, n);
        take_lines(ch);
    }

    if (ch->in.len) {
        take_line(ch, ch->in.data, ch->in.len);
        buf_free(&ch->in);
    }

    io_del(&ch->io);
    close(ch->io.fd);
    ch->io.fd = -1;
}


void
channel_open(channel_t *ch, job_t *job, int level, int fd)
{
    channel_close(ch);

    ch->job = job;
    ch->level = level;
    ch->io.fd = fd;
    ch->io.handler = channel_event;
    ch->io.data = ch;
    set_nonblock(fd);
    io_set(&ch->io, EPOLLIN);
}


/* Also used to forget the output of the run before. */

void
channel_close(channel_t *ch)
{
    if (ch->io.handler) {
        io_del(&ch->io);
        close(ch->io.fd);
    }

    ch->io.fd = -1;
    ch->multi = 0;
    lines_free(&ch->lines);
    buf_free(&ch->in);
    buf_free(&ch->text);
}
