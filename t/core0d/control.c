/* The control socket: one line asks, one line answers. */

#include "core0d.h"

#include <sys/socket.h>
#include <sys/un.h>

#define LINE_MAX_LEN  (1 << 20)


typedef struct control_s {
    LIST_ENTRY(control_s)  link;
    io_t                   io;
    buf_t                  in;
} control_t;


static io_t                    listening = { .fd = -1 };
static LIST_HEAD(, control_s)  clients = LIST_HEAD_INITIALIZER(clients);


static void
answer(control_t *c, const char *text)
{
    char     *line = xprintf("%s\n", text), *p = line;
    size_t    left = strlen(line);
    ssize_t   n;

    for ( ; left; p += n, left -= n) {
        n = send(c->io.fd, p, left, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
    }

    free(line);
}


static void
answer_json(control_t *c, json_t *v)
{
    char  *text;

    if (v == NULL) {
        answer(c, "{\"error\":\"no such port\"}");
        return;
    }

    text = json_text(v);
    answer(c, text);
    free(text);
    json_decref(v);
}


static void
obey(control_t *c, char *line)
{
    char  *rest = line, *verb = strsep(&rest, " "), *port;

    if (strcmp(verb, "fault") == 0 && rest) {
        port = strsep(&rest, " ");
        answer(c, rest && front_fault(atoi(port), rest) == 0 ? "ok"
               : "{\"error\":\"unknown port or fault\"}");

    } else if (strcmp(verb, "stats") == 0) {
        answer_json(c, front_stats(rest ? atoi(rest) : 0));

    } else if (strcmp(verb, "resetstats") == 0) {
        front_reset_stats();
        answer(c, "ok");

    } else if (strcmp(verb, "commands") == 0) {
        answer_json(c, agent_notes());

    } else if (strcmp(verb, "jobs") == 0) {
        answer_json(c, jobs_summary());

    } else if (strcmp(verb, "reboot") == 0) {
        node_reboot();
        answer(c, "ok");

    } else {
        answer(c, "{\"error\":\"unknown request\"}");
    }
}


static void
control_close(control_t *c)
{
    LIST_REMOVE(c, link);
    io_del(&c->io);
    close(c->io.fd);
    buf_free(&c->in);
    loop_free_later(c);
}


/* Answers are small and their readers wait for them: sending may block. */

static void
control_event(void *data, uint32_t events)
{
    char        chunk[4096], *nl;
    ssize_t     n;
    control_t  *c = data;

    (void) events;

    n = recv(c->io.fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0 || c->in.len > LINE_MAX_LEN) {
        control_close(c);
        return;
    }

    buf_add(&c->in, chunk, n);

    while (c->in.len && (nl = memchr(c->in.data, '\n', c->in.len)) != NULL) {
        *nl = '\0';
        obey(c, c->in.data);
        buf_shift(&c->in, nl + 1 - c->in.data);
    }
}


static void
control_accept(void *data, uint32_t events)
{
    int         fd;
    control_t  *c;

    (void) data;
    (void) events;

    fd = accept4(listening.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1) {
        return;
    }

    c = xalloc(sizeof(control_t));
    c->io.fd = fd;
    c->io.handler = control_event;
    c->io.data = c;
    LIST_INSERT_HEAD(&clients, c, link);
    io_set(&c->io, EPOLLIN);
}


int
control_start(void)
{
    struct sockaddr_un  sun = { .sun_family = AF_UNIX };

    if (opt.control == NULL) {
        return 0;
    }

    if (strlen(opt.control) >= sizeof(sun.sun_path)) {
        log_line("path of the control socket is too long");
        return -1;
    }

    strcpy(sun.sun_path, opt.control);
    unlink(opt.control);
    listening.fd = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (bind(listening.fd, (struct sockaddr *) &sun, sizeof(sun)) == -1
        || listen(listening.fd, 16) == -1)
    {
        log_line("%s: %s", opt.control, strerror(errno));
        return -1;
    }

    listening.handler = control_accept;
    io_set(&listening, EPOLLIN);

    return 0;
}


void
control_stop(void)
{
    control_t  *c;

    while ((c = LIST_FIRST(&clients)) != NULL) {
        control_close(c);
    }

    if (listening.fd != -1) {
        io_del(&listening);
        close(listening.fd);
        unlink(opt.control);
    }
}
