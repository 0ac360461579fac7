/* The listeners: their options, their statistics, and accepting clients. */

#include "front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BACKLOG_MAX  511


static TAILQ_HEAD(, listener_s)  listeners = TAILQ_HEAD_INITIALIZER(listeners);
static int                       serving;


/* One option of ",tls,auth=PASSWORD,fault=..."; fault= takes all the rest. */

static int
option(listener_t *ls, char **rest)
{
    char  *o = *rest;

    if (strncmp(o, "fault=", 6) == 0) {
        *rest = NULL;
        return fault_parse(&ls->fault, o + 6);
    }

    strsep(rest, ",");

    if (strcmp(o, "tls") == 0) {
        ls->tls = 1;
        return 0;
    }

    if (strncmp(o, "auth=", 5) == 0) {
        ls->auth = xstrdup(o + 5);
        return 0;
    }

    return -1;
}


static int
bind_to(listener_t *ls, const char *addr)
{
    int                 on = 1, fd;
    struct sockaddr_in  sin = { .sin_family = AF_INET };

    sin.sin_port = htons(ls->port);

    if (inet_pton(AF_INET, addr, &sin.sin_addr) != 1) {
        return -1;
    }

    fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));

    if (bind(fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(fd, BACKLOG_MAX) == -1)
    {
        log_line("%s:%d: %s", addr, ls->port, strerror(errno));
        close(fd);
        return -1;
    }

    return fd;
}


static void
front_accept(void *data, uint32_t events)
{
    int          fd;
    listener_t  *ls = data;

    (void) events;

    while ((fd = accept4(ls->io.fd, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC))
           != -1)
    {
        conn_open(ls, fd);
    }
}


/* "ADDR:PORT[,option...]"; the text is changed.  NULL when it is wrong. */

listener_t *
front_listen(char *spec)
{
    char        *rest = spec, *addr = strsep(&rest, ","), *port;
    listener_t  *ls = xalloc(sizeof(listener_t));

    TAILQ_INIT(&ls->clients);
    ls->stats.last = json_array();
    TAILQ_INSERT_TAIL(&listeners, ls, link);

    port = strrchr(addr, ':');
    if (port == NULL) {
        return NULL;
    }

    *port++ = '\0';
    ls->port = atoi(port);

    while (rest) {
        if (option(ls, &rest) == -1) {
            return NULL;
        }
    }

    if (ls->tls && opt.cert == NULL) {
        log_line("port %d: tls needs --cert and --key", ls->port);
        return NULL;
    }

    ls->io.fd = bind_to(ls, addr);

    return ls->io.fd == -1 ? NULL : ls;
}


/* Redis is there: clients are welcome from now on, even when it goes away. */

void
front_ready(void)
{
    listener_t  *ls;

    if (serving) {
        return;
    }

    serving = 1;

    TAILQ_FOREACH(ls, &listeners, link) {
        ls->io.handler = front_accept;
        ls->io.data = ls;
        io_set(&ls->io, EPOLLIN);
    }

    puts("core0d ready");
    fflush(stdout);
}


void
front_close_all(void)
{
    client_t    *c;
    listener_t  *ls;

    TAILQ_FOREACH(ls, &listeners, link) {
        while ((c = TAILQ_FIRST(&ls->clients)) != NULL) {
            conn_close(c);
        }
    }
}


void
front_stop(void)
{
    listener_t  *ls;

    front_close_all();
    upstream_stop();
    conn_stop();

    while ((ls = TAILQ_FIRST(&listeners)) != NULL) {
        TAILQ_REMOVE(&listeners, ls, link);
        io_del(&ls->io);
        close(ls->io.fd);
        json_decref(ls->stats.last);
        fault_free(&ls->fault);
        free(ls->auth);
        free(ls);
    }
}


int
front_fault(int port, const char *spec)
{
    fault_t      f = { 0 };
    listener_t  *ls;

    TAILQ_FOREACH(ls, &listeners, link) {
        if (ls->port == port && fault_parse(&f, spec) == 0) {
            fault_free(&ls->fault);
            ls->fault = f;
            return 0;
        }
    }

    return -1;
}


static json_t *
stats_json(const listener_t *ls)
{
    json_t         *o = json_object();
    const stats_t  *s = &ls->stats;

    json_put(o, "accepted", json_integer(s->accepted));
    json_put(o, "open", json_integer(s->open));
    json_put(o, "peak", json_integer(s->peak));
    json_put(o, "blocked", json_integer(s->blocked));
    json_put(o, "peak_blocked", json_integer(s->peak_blocked));
    json_put(o, "commands", json_integer(s->commands));
    json_put(o, "auths", json_integer(s->auths));
    json_put(o, "tls_resumed", json_integer(s->tls_resumed));
    json_put(o, "last", json_copy(s->last));

    return o;
}


static void
stats_add(json_t *to, const json_t *from)
{
    json_t      *v;
    const char  *key;

    json_object_foreach((json_t *) from, key, v) {
        if (json_is_array(v)) {
            json_array_extend(json_object_get(to, key), v);
            continue;
        }

        json_put(to, key, json_integer(json_integer_value(v)
                                       + json_int_at(to, key, 0)));
    }
}


/* Of one port, or with port 0 of all of them together. */

json_t *
front_stats(int port)
{
    json_t      *sum = NULL, *one;
    listener_t  *ls;

    TAILQ_FOREACH(ls, &listeners, link) {
        if (port && ls->port != port) {
            continue;
        }

        one = stats_json(ls);

        if (sum == NULL) {
            sum = one;
            continue;
        }

        stats_add(sum, one);
        json_decref(one);
    }

    return sum;
}


/* What is open and blocked stays so; the peaks start from there. */

void
front_reset_stats(void)
{
    stats_t     *s;
    listener_t  *ls;

    TAILQ_FOREACH(ls, &listeners, link) {
        s = &ls->stats;
        s->accepted = s->commands = s->auths = s->tls_resumed = 0;
        s->peak = s->open;
        s->peak_blocked = s->blocked;
        json_array_clear(s->last);
    }
}
