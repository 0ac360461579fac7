/*
 * The bytes of a client: TCP or TLS, and the faults that live at this level.
 * While a command of the client executes nothing is read from it.
 */

#include "front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#define CHUNK  65536
#define FLOOD_CHUNK  16384
#define SLOW_MS  100


static SSL_CTX  *tls;

static void conn_event(void *data, uint32_t events);


int
conn_init(void)
{
    if (opt.cert == NULL) {
        return 0;
    }

    tls = SSL_CTX_new(TLS_server_method());

    if (tls == NULL
        || SSL_CTX_use_certificate_chain_file(tls, opt.cert) != 1
        || SSL_CTX_use_PrivateKey_file(tls, opt.key, SSL_FILETYPE_PEM) != 1)
    {
        log_line("%s, %s: %s", opt.cert, opt.key,
                 ERR_error_string(ERR_get_error(), NULL));
        return -1;
    }

    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                     | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_id_context(tls, (const unsigned char *) "core0d", 6);

    return 0;
}


void
conn_open(listener_t *ls, int fd)
{
    int        on = 1;
    client_t  *c = xalloc(sizeof(client_t));

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->ls = ls;
    c->io.fd = fd;
    c->io.handler = conn_event;
    c->io.data = c;
    c->authed = ls->auth == NULL;
    c->reader = redisReaderCreate();
    TAILQ_INSERT_TAIL(&ls->clients, c, link);

    ls->stats.accepted++;
    if (++ls->stats.open > ls->stats.peak) {
        ls->stats.peak = ls->stats.open;
    }

    if (ls->fault.kind == FAULT_BREAK && ls->fault.number == 0) {
        conn_close(c);
        return;
    }

    if (ls->tls && tls) {
        c->ssl = SSL_new(tls);
        SSL_set_fd(c->ssl, fd);
        c->shaking = 1;
    }

    conn_arm(c);
}


void
conn_close(client_t *c)
{
    if (c->closed) {
        return;
    }

    c->closed = 1;
    TAILQ_REMOVE(&c->ls->clients, c, link);
    c->ls->stats.open--;
    timer_del(&c->timer);
    upstream_left(c);
    io_del(&c->io);

    if (c->ssl) {
        if (!c->shaking && !c->gone) {
            SSL_shutdown(c->ssl);
        }

        SSL_free(c->ssl);
        ERR_clear_error();
    }

    close(c->io.fd);
    redisReaderFree(c->reader);
    buf_free(&c->out);
    loop_free_later(c);
}


/* What is read next is an answer with RST: the fault "reset". */

void
conn_reset(client_t *c)
{
    struct linger  l = { 1, 0 };

    setsockopt(c->io.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
    c->gone = 1;
    conn_close(c);
}


static int
silent(const client_t *c)
{
    return c->ls->fault.kind == FAULT_SILENT;
}


/*
 * Idle: read.  Executing: the C proxy does not look at its client; the others
 * notice one that leaves, which matters for blocking pops alone.
 */

void
conn_arm(client_t *c)
{
    uint32_t  events = 0;

    if (c->closed) {
        return;
    }

    if (c->cmd == NULL || c->hung) {
        events |= EPOLLIN;

    } else if (c->blocking && opt.gen != GEN_C) {
        events |= EPOLLRDHUP;
    }

    if (c->out.len > c->out_at || (c->flooding && !c->timer.pos)) {
        events |= EPOLLOUT;
    }

    if (!c->gone) {
        io_set(&c->io, events);
    }
}


/* > 0: bytes; 0: try again later; -1: over. */

static ssize_t
conn_recv(client_t *c, char *p, size_t size)
{
    int      n;
    ssize_t  r;

    if (c->ssl && !silent(c)) {
        n = SSL_read(c->ssl, p, (int) size);
        if (n > 0) {
            return n;
        }

        n = SSL_get_error(c->ssl, n);
        ERR_clear_error();
        return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }

    r = recv(c->io.fd, p, size, 0);
    if (r > 0) {
        return r;
    }

    return r == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}


static ssize_t
conn_write(client_t *c, const char *p, size_t size)
{
    int      n;
    ssize_t  r;

    if (c->ssl) {
        n = SSL_write(c->ssl, p, size > 1 << 30 ? 1 << 30 : (int) size);
        if (n > 0) {
            return n;
        }

        n = SSL_get_error(c->ssl, n);
        ERR_clear_error();
        return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }

    r = send(c->io.fd, p, size, MSG_NOSIGNAL);
    if (r > 0) {
        return r;
    }

    return r == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}


/* How much may go out in one piece: drip and break cut it. */

static size_t
conn_allowed(const client_t *c, size_t len)
{
    const fault_t  *f = &c->ls->fault;

    if (f->kind == FAULT_DRIP) {
        return 1;
    }

    if (f->kind == FAULT_BREAK && c->sent + len > (size_t) f->number) {
        return c->sent < (size_t) f->number ? f->number - c->sent : 0;
    }

    return len;
}


static int
conn_broken(const client_t *c)
{
    return c->ls->fault.kind == FAULT_BREAK
           && c->sent >= (size_t) c->ls->fault.number;
}


static void
conn_flush(client_t *c)
{
    size_t   len;
    ssize_t  n;

    while (!c->gone && (len = c->out.len - c->out_at) > 0) {
        len = conn_allowed(c, len);
        n = len ? conn_write(c, c->out.data + c->out_at, len) : -1;

        if (n == -1) {
            c->gone = 1;        /* no farewell of TLS */
            conn_close(c);
            return;
        }

        if (n == 0) {
            break;
        }

        c->out_at += n;
        c->sent += n;

        if (conn_broken(c)) {
            c->gone = 1;
            conn_close(c);
            return;
        }

        if (c->ls->fault.kind == FAULT_DRIP) {
            break;
        }
    }

    if (c->out_at == c->out.len) {
        buf_free(&c->out);
        c->out_at = 0;

        if (c->last) {
            conn_close(c);
        }
    }
}


void
conn_send(client_t *c, const void *data, size_t len)
{
    if (c->closed || c->gone || c->hung) {
        return;
    }

    buf_add(&c->out, data, len);
    conn_flush(c);
}


static void
flood_more(client_t *c)
{
    char  junk[FLOOD_CHUNK];

    memset(junk, 'x', sizeof(junk));

    if (c->out_at == c->out.len) {
        conn_send(c, junk, c->timer.handler ? 1 : sizeof(junk));
    }

    if (c->closed) {
        return;
    }

    if (c->timer.handler) {
        timer_set(&c->timer, SLOW_MS);
    }

    conn_arm(c);
}


static void
flood_tick(void *data)
{
    flood_more(data);
}


/* The header is sent already; from here on bytes flow for ever. */

void
conn_flood(client_t *c, int slow)
{
    c->flooding = 1;
    c->timer.data = c;
    c->timer.handler = slow ? flood_tick : NULL;
    flood_more(c);
}


static int
conn_shake(client_t *c)
{
    int  n = SSL_accept(c->ssl);

    if (n == 1) {
        c->shaking = 0;
        c->ls->stats.tls_resumed += SSL_session_reused(c->ssl);
        return 1;
    }

    n = SSL_get_error(c->ssl, n);
    ERR_clear_error();

    if (n == SSL_ERROR_WANT_READ) {
        io_set(&c->io, EPOLLIN);

    } else if (n == SSL_ERROR_WANT_WRITE) {
        io_set(&c->io, EPOLLOUT);

    } else {
        conn_close(c);
    }

    return 0;
}


static void
conn_read(client_t *c)
{
    char     chunk[CHUNK];
    ssize_t  n;

    while (!c->closed && (c->cmd == NULL || c->hung)) {
        n = conn_recv(c, chunk, sizeof(chunk));

        if (n == 0) {
            break;
        }

        if (n == -1) {
            conn_close(c);
            return;
        }

        if (silent(c) || c->hung) {
            continue;
        }

        redisReaderFeed(c->reader, chunk, n);
        proxy_next(c);
    }
}


/* After an answer: the next command may be here already. */

void
conn_resume(client_t *c)
{
    if (c->closed) {
        return;
    }

    proxy_next(c);
    conn_read(c);
    conn_arm(c);
}


/* The client left.  Returns 1 when its command goes on without it. */

static int
conn_left(client_t *c)
{
    if (c->cmd == NULL || c->hung || (c->blocking && opt.gen != GEN_C)) {
        conn_close(c);
        return 0;
    }

    c->gone = 1;
    io_del(&c->io);

    return 1;
}


static void
conn_event(void *data, uint32_t events)
{
    client_t  *c = data;

    if (c->shaking && !silent(c) && !conn_shake(c)) {
        return;
    }

    if ((events & (EPOLLERR|EPOLLHUP))
        || ((events & EPOLLRDHUP) && c->cmd && !c->hung))
    {
        conn_left(c);
        return;
    }

    if (events & EPOLLOUT) {
        conn_flush(c);

        if (!c->closed && c->flooding && !c->timer.handler) {
            flood_more(c);
        }
    }

    if (!c->closed && (events & EPOLLIN)) {
        conn_read(c);
    }

    conn_arm(c);
}


void
conn_stop(void)
{
    SSL_CTX_free(tls);
}
