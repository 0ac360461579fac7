/*
 * A node for measurements: speaks the Redis protocol as core0 does, knows
 * info.mem, its own and that of its one container, answers everything at once
 * and never blocks, so that what is measured is the gateway in front of it.
 *
 *     core0fast PORT        listens on 127.0.0.1:PORT until it is killed
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "jobs.h"


#define EVENTS        64
#define ARGS          8
#define IN_SIZE       65536
#define OUT_SIZE      65536


typedef struct {
    int           fd;
    int           writing;      /* waits for EPOLLOUT, reads nothing */
    size_t        in_len;
    size_t        out_len;
    size_t        out_sent;
    char          in[IN_SIZE];
    char          out[OUT_SIZE];
} conn_t;


static uint64_t  taken;         /* commands put into core:default */


static void
add(conn_t *c, const void *data, size_t len)
{
    memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
}


static void
add_text(conn_t *c, const char *text)
{
    add(c, text, strlen(text));
}


static int
is(const str_t *s, const char *text)
{
    return s->len == strlen(text) && strncasecmp(s->data, text, s->len) == 0;
}


/* The id in result:<id>, empty when the key is another one. */

static str_t
result_id(const str_t *key)
{
    str_t  id = { "", 0 };

    if (key->len > 7 && memcmp(key->data, "result:", 7) == 0) {
        id.data = key->data + 7;
        id.len = key->len - 7;
    }

    return id;
}


static void
do_rpush(conn_t *c, str_t *argv)
{
    if (!is(&argv[1], "core:default")) {
        add_text(c, "-ERR only core:default takes commands\r\n");
        return;
    }

    add_text(c, ":1\r\n");
    taken++;

    add_jobs(&argv[2]);
}


static void
add_envelope(conn_t *c, const job_t *job)
{
    int   len;
    char  text[REPLY_MAX], head[32];

    len = print_envelope(text, job);

    add(c, head, sprintf(head, "$%d\r\n", len));
    add(c, text, len);
    add_text(c, "\r\n");
}


static void
do_blpop(conn_t *c, str_t *argv)
{
    char    head[32];
    str_t   id = result_id(&argv[1]);
    job_t  *job = find_job(&id);

    if (job == NULL) {
        add_text(c, "*-1\r\n");
        return;
    }

    add(c, head, sprintf(head, "*2\r\n$%zu\r\n", argv[1].len));
    add(c, argv[1].data, argv[1].len);
    add_text(c, "\r\n");
    add_envelope(c, job);

    job->len = 0;
}


static void
do_lindex(conn_t *c, str_t *argv)
{
    str_t   id = result_id(&argv[1]);
    job_t  *job = find_job(&id);

    if (job == NULL) {
        add_text(c, "$-1\r\n");
        return;
    }

    add_envelope(c, job);
}


/* The flag of a job outlives its result; here it is there for every id. */

static void
do_llen(conn_t *c, str_t *argv)
{
    str_t  id = result_id(&argv[1]);

    if (id.len > 5 && memcmp(id.data + id.len - 5, ":flag", 5) == 0) {
        add_text(c, ":1\r\n");
        return;
    }

    add_text(c, find_job(&id) ? ":1\r\n" : ":0\r\n");
}


static void
do_auth(conn_t *c, str_t *argv)
{
    (void) argv;
    add_text(c, "+OK\r\n");
}


static void
do_ping(conn_t *c, str_t *argv)
{
    (void) argv;
    add_text(c, "+PONG\r\n");
}


/* The one key there is: how many commands this node has taken. */

static void
do_get(conn_t *c, str_t *argv)
{
    int   n;
    char  text[32], reply[64];

    if (!is(&argv[1], "taken")) {
        add_text(c, "$-1\r\n");
        return;
    }

    n = sprintf(text, "%llu", (unsigned long long) taken);
    add(c, reply, sprintf(reply, "$%d\r\n%s\r\n", n, text));
}


static const struct {
    const char   *name;
    int           argc;
    void        (*handler)(conn_t *c, str_t *argv);
} commands[] = {
    { "RPUSH", 3, do_rpush },
    { "BLPOP", 3, do_blpop },
    { "LLEN", 2, do_llen },
    { "LINDEX", 3, do_lindex },
    { "PING", 1, do_ping },
    { "AUTH", 2, do_auth },
    { "GET", 2, do_get }
};


static void
run_command(conn_t *c, str_t *argv, int argc)
{
    size_t  i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (argc == commands[i].argc && is(&argv[0], commands[i].name)) {
            commands[i].handler(c, argv);
            return;
        }
    }

    add_text(c, "-ERR unknown command or number of arguments\r\n");
}


/*
 * Reads "<type><number>\r\n" at *p: 1 and the number, 0 when it is not all
 * there yet, -1 when it is something else.
 */

static int
read_number(const char **p, const char *end, char type, size_t *number)
{
    const char  *s = *p;

    if (s < end && *s++ != type) {
        return -1;
    }

    for (*number = 0; s < end && *s >= '0' && *s <= '9'; s++) {
        *number = *number * 10 + (*s - '0');

        if (*number > IN_SIZE) {
            return -1;
        }
    }

    if (end - s < 2) {
        return 0;
    }

    if (s[0] != '\r' || s[1] != '\n') {
        return -1;
    }

    *p = s + 2;

    return 1;
}


/* One command at the start of [data, end): its length, 0 or -1 as above. */

static ssize_t
read_command(const char *data, const char *end, str_t *argv, size_t *argc)
{
    int          rc;
    size_t       i;
    const char  *p = data;

    rc = read_number(&p, end, '*', argc);
    if (rc != 1) {
        return rc;
    }

    if (*argc == 0 || *argc > ARGS) {
        return -1;
    }

    for (i = 0; i < *argc; i++) {
        rc = read_number(&p, end, '$', &argv[i].len);
        if (rc != 1) {
            return rc;
        }

        if ((size_t) (end - p) < argv[i].len + 2) {
            return 0;
        }

        argv[i].data = p;
        p += argv[i].len + 2;
    }

    return p - data;
}


/*
 * Runs what has arrived while the answers fit; a client that does not read
 * them is not served any further.
 */

static int
run_commands(conn_t *c)
{
    str_t        argv[ARGS];
    size_t       argc;
    ssize_t      n;
    const char  *p = c->in, *end = c->in + c->in_len;

    while (p < end && OUT_SIZE - c->out_len >= REPLY_MAX + 256) {
        n = read_command(p, end, argv, &argc);

        if (n < 0 || (n == 0 && p == c->in && c->in_len == IN_SIZE)) {
            return -1;
        }

        if (n == 0) {
            break;
        }

        run_command(c, argv, argc);
        p += n;
    }

    c->in_len = end - p;
    memmove(c->in, p, c->in_len);

    return 0;
}


static int
flush(int ep, conn_t *c)
{
    int                 writing;
    ssize_t             n;
    struct epoll_event  ev;

    n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent,
             MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        return -1;
    }

    c->out_sent += n > 0 ? n : 0;
    writing = c->out_sent < c->out_len;

    if (!writing) {
        c->out_sent = c->out_len = 0;
    }

    if (writing == c->writing) {
        return 0;
    }

    c->writing = writing;
    ev.events = writing ? EPOLLOUT : EPOLLIN;
    ev.data.ptr = c;

    return epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
}


static int
serve(int ep, conn_t *c)
{
    ssize_t  n;

    if (!c->writing) {
        n = recv(c->fd, c->in + c->in_len, IN_SIZE - c->in_len, 0);

        if (n <= 0) {
            return n < 0 && errno == EAGAIN ? 0 : -1;
        }

        c->in_len += n;
    }

    do {
        if (run_commands(c) != 0) {
            return -1;
        }

        if (c->out_len == 0) {
            return 0;
        }

        if (flush(ep, c) != 0) {
            return -1;
        }

    } while (!c->writing && c->in_len != 0);

    return 0;
}


static int
accept_one(int ep, int listener)
{
    int                 fd, on = 1;
    conn_t             *c;
    struct epoll_event  ev;

    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);
    if (fd == -1) {
        return errno == EAGAIN || errno == ECONNABORTED ? 0 : -1;
    }

    c = malloc(sizeof(conn_t));
    if (c == NULL) {
        return -1;
    }

    c->fd = fd;
    c->writing = 0;
    c->in_len = c->out_len = c->out_sent = 0;

    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    ev.events = EPOLLIN;
    ev.data.ptr = c;

    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}


static int
open_listener(int port)
{
    int                 fd, on = 1;
    struct sockaddr_in  sin = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };

    fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (fd == -1
        || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1
        || bind(fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(fd, SOMAXCONN) == -1)
    {
        return -1;
    }

    return fd;
}


static int
run(int ep, int listener)
{
    int                 i, n;
    conn_t             *c;
    struct epoll_event  events[EVENTS];

    for ( ;; ) {
        n = epoll_wait(ep, events, EVENTS, -1);

        if (n == -1 && errno != EINTR) {
            return -1;
        }

        for (i = 0; i < n; i++) {
            c = events[i].data.ptr;

            if (c == NULL) {
                if (accept_one(ep, listener) == -1) {
                    return -1;
                }

                continue;
            }

            if (serve(ep, c) == -1) {
                close(c->fd);
                free(c);
            }
        }
    }
}


int
main(int argc, char **argv)
{
    int                 ep, port, listener;
    struct epoll_event  ev = { .events = EPOLLIN, .data.ptr = NULL };

    port = argc == 2 ? atoi(argv[1]) : 0;

    if (port < 1 || port > 65535) {
        fprintf(stderr, "usage: core0fast PORT\n");
        return 2;
    }

    listener = open_listener(port);
    ep = epoll_create1(EPOLL_CLOEXEC);

    if (listener == -1 || ep == -1
        || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev) == -1
        || run(ep, listener) == -1)
    {
        perror("core0fast");
    }

    return 1;
}
