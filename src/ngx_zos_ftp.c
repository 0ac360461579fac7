
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * As much of RFC 959 as it takes to read a file.  libcurl can do it, but
 * waits for the last reply of the server, and for its answer to QUIT, without
 * giving the worker back.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ftp.h>


#define NGX_ZOS_FTP_REPLY  16384         /* all the lines of one */


/* what the next reply is to */

typedef enum {
    NGX_ZOS_FTP_GREETING = 0,
    NGX_ZOS_FTP_USER,
    NGX_ZOS_FTP_PASS,
    NGX_ZOS_FTP_TYPE,
    NGX_ZOS_FTP_EPSV,
    NGX_ZOS_FTP_PASV,
    NGX_ZOS_FTP_OPEN,                    /* none: the transfer connects */
    NGX_ZOS_FTP_RETR,
    NGX_ZOS_FTP_END
} ngx_zos_ftp_state_e;


static ngx_int_t ngx_zos_ftp_connect(ngx_zos_ftp_t *ftp,
    ngx_peer_connection_t *peer);
static void ngx_zos_ftp_handler(ngx_event_t *ev);
static ngx_int_t ngx_zos_ftp_event(ngx_zos_ftp_t *ftp, ngx_event_t *ev);
static ngx_int_t ngx_zos_ftp_test_connect(ngx_zos_ftp_t *ftp,
    ngx_connection_t *c);
static ngx_int_t ngx_zos_ftp_fail(ngx_zos_ftp_t *ftp, ngx_uint_t error);
static ngx_int_t ngx_zos_ftp_read_control(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_line(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_reply(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_login(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_passive(ngx_zos_ftp_t *ftp);
static in_port_t ngx_zos_ftp_epsv_port(ngx_zos_ftp_t *ftp);
static in_port_t ngx_zos_ftp_pasv_port(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_retrieve(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_send(ngx_zos_ftp_t *ftp, ngx_uint_t state,
    char *command, ngx_str_t *arg);
static ngx_int_t ngx_zos_ftp_flush(ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_ftp_read_transfer(ngx_zos_ftp_t *ftp);
static void ngx_zos_ftp_close_peer(ngx_peer_connection_t *peer);
static ngx_int_t ngx_zos_ftp_add_cidr(ngx_conf_t *cf, ngx_array_t *cidrs,
    ngx_str_t *text);


ngx_int_t
ngx_zos_ftp_get(ngx_zos_ftp_t *ftp)
{
    /* one byte more tells a file that is too large */

    ftp->content.data = ngx_pnalloc(ftp->pool, ftp->max + 1);

    if (ftp->content.data == NULL) {
        ftp->error = NGX_ZOS_FTP_INTERNAL;
        return NGX_OK;
    }

    ftp->content.len = 0;
    ftp->state = NGX_ZOS_FTP_GREETING;

    ftp->control.sockaddr = ftp->sockaddr;

    if (ngx_zos_ftp_connect(ftp, &ftp->control) != NGX_AGAIN) {
        ngx_zos_ftp_close(ftp);
        return NGX_OK;
    }

    ngx_add_timer(ftp->control.connection->read, ftp->timeout);

    return NGX_AGAIN;
}


static ngx_int_t
ngx_zos_ftp_connect(ngx_zos_ftp_t *ftp, ngx_peer_connection_t *peer)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    peer->socklen = ftp->socklen;
    peer->name = &ftp->address;
    peer->get = ngx_event_get_peer;
    peer->log = ftp->log;
    peer->log_error = NGX_ERROR_INFO;

    rc = ngx_event_connect_peer(peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        return ngx_zos_ftp_fail(ftp, rc == NGX_ERROR ? NGX_ZOS_FTP_INTERNAL
                                                     : NGX_ZOS_FTP_CONNECT);
    }

    c = peer->connection;

    c->data = ftp;
    c->pool = ftp->pool;
    c->log = ftp->log;
    c->read->log = ftp->log;
    c->write->log = ftp->log;
    c->read->handler = ngx_zos_ftp_handler;
    c->write->handler = ngx_zos_ftp_handler;

    /* what is connected already can be written to */

    if (rc == NGX_OK) {
        ngx_post_event(c->write, &ngx_posted_events);
    }

    return NGX_AGAIN;
}


/* the one place where it ends: the handler may free all of it */

static void
ngx_zos_ftp_handler(ngx_event_t *ev)
{
    ngx_int_t          rc;
    ngx_zos_ftp_t     *ftp;
    ngx_connection_t  *c;

    c = ev->data;
    ftp = c->data;

    rc = ngx_zos_ftp_event(ftp, ev);

    if (rc == NGX_OK && !(ftp->eof && ftp->done)) {
        return;
    }

    if (rc != NGX_OK && ftp->error == NGX_ZOS_FTP_OK) {
        ftp->error = NGX_ZOS_FTP_INTERNAL;
    }

    ngx_zos_ftp_close(ftp);

    ftp->handler(ftp);
}


static ngx_int_t
ngx_zos_ftp_event(ngx_zos_ftp_t *ftp, ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close) {
        /* worker_shutdown_timeout */
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_CLOSED);
    }

    if (ev->timedout) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_TIMEOUT);
    }

    if (c == ftp->control.connection) {

        if (!ftp->connected) {
            return ngx_zos_ftp_test_connect(ftp, c);
        }

        return ev->write ? ngx_zos_ftp_flush(ftp)
                         : ngx_zos_ftp_read_control(ftp);
    }

    if (!ftp->open) {
        return ngx_zos_ftp_test_connect(ftp, c);
    }

    return ev->write ? ngx_handle_write_event(c->write, 0)
                     : ngx_zos_ftp_read_transfer(ftp);
}


/* a refused connection may show as a read event first */

static ngx_int_t
ngx_zos_ftp_test_connect(ngx_zos_ftp_t *ftp, ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_log_error(NGX_LOG_INFO, ftp->log, err,
                      "connect() to the ftp server at %V failed",
                      &ftp->address);

        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_CONNECT);
    }

    if (!c->write->ready) {
        return NGX_OK;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_INTERNAL);
    }

    if (c == ftp->control.connection) {
        ftp->connected = 1;
        return ngx_zos_ftp_read_control(ftp);
    }

    ftp->open = 1;

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    return ngx_zos_ftp_send(ftp, NGX_ZOS_FTP_RETR, "RETR ", &ftp->path);
}


static ngx_int_t
ngx_zos_ftp_fail(ngx_zos_ftp_t *ftp, ngx_uint_t error)
{
    ftp->error = error;

    return NGX_ERROR;
}


/* ---- replies ---- */

static ngx_int_t
ngx_zos_ftp_read_control(ngx_zos_ftp_t *ftp)
{
    u_char            *p;
    ssize_t            n;
    ngx_connection_t  *c;
    u_char             buffer[1024];

    c = ftp->control.connection;

    while (!ftp->done) {
        n = c->recv(c, buffer, sizeof(buffer));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_CLOSED);
        }

        for (p = buffer; p < buffer + n && !ftp->done; p++) {

            if (++ftp->received > NGX_ZOS_FTP_REPLY) {
                return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_PROTOCOL);
            }

            if (*p == LF) {

                if (ngx_zos_ftp_line(ftp) != NGX_OK) {
                    return NGX_ERROR;
                }

            } else if (ftp->len < NGX_ZOS_FTP_LINE) {
                ftp->line[ftp->len++] = *p;
            }
        }
    }

    /* when all is said, the rest of the file is waited for alone */

    if (ftp->done) {
        return c->read->active ? ngx_del_event(c->read, NGX_READ_EVENT, 0)
                               : NGX_OK;
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_INTERNAL);
    }

    return NGX_OK;
}


/* "220-..." begins a reply of several lines, "220 ..." is the last or only */

static ngx_int_t
ngx_zos_ftp_line(ngx_zos_ftp_t *ftp)
{
    u_char      last;
    ngx_int_t   code, rc;

    if (ftp->len && ftp->line[ftp->len - 1] == CR) {
        ftp->len--;
    }

    code = ftp->len < 3 ? NGX_ERROR : ngx_atoi(ftp->line, 3);
    last = ftp->len > 3 ? ftp->line[3] : ' ';

    if (ftp->multi && (code != (ngx_int_t) ftp->multi || last != ' ')) {
        ftp->len = 0;
        return NGX_OK;
    }

    if (code < 100 || code > 599 || (last != ' ' && last != '-')) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_PROTOCOL);
    }

    if (last == '-') {
        ftp->multi = code;
        ftp->len = 0;
        return NGX_OK;
    }

    ftp->code = code;

    rc = ngx_zos_ftp_reply(ftp);

    ftp->multi = 0;
    ftp->received = 0;
    ftp->len = 0;

    return rc;
}


static ngx_int_t
ngx_zos_ftp_reply(ngx_zos_ftp_t *ftp)
{
    ngx_uint_t  kind;

    static ngx_str_t  nothing = ngx_string("");

    kind = ftp->code / 100;

    switch (ftp->state) {

    case NGX_ZOS_FTP_GREETING:

        if (kind == 1) {
            /* "ready in some minutes", and another reply follows */
            return NGX_OK;
        }

        if (kind != 2) {
            return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_REFUSED);
        }

        return ngx_zos_ftp_send(ftp, NGX_ZOS_FTP_USER, "USER ", &ftp->user);

    case NGX_ZOS_FTP_USER:
    case NGX_ZOS_FTP_PASS:
        return ngx_zos_ftp_login(ftp);

    case NGX_ZOS_FTP_TYPE:

        if (kind != 2) {
            return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_REFUSED);
        }

        return ngx_zos_ftp_send(ftp, NGX_ZOS_FTP_EPSV, "EPSV", &nothing);

    case NGX_ZOS_FTP_EPSV:
    case NGX_ZOS_FTP_PASV:
        return ngx_zos_ftp_passive(ftp);

    case NGX_ZOS_FTP_RETR:
    case NGX_ZOS_FTP_END:
        return ngx_zos_ftp_retrieve(ftp);

    default: /* NGX_ZOS_FTP_OPEN */
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_PROTOCOL);
    }
}


static ngx_int_t
ngx_zos_ftp_login(ngx_zos_ftp_t *ftp)
{
    static ngx_str_t  binary = ngx_string("I");

    if (ftp->code / 100 == 2) {
        return ngx_zos_ftp_send(ftp, NGX_ZOS_FTP_TYPE, "TYPE ", &binary);
    }

    if (ftp->code == 331 && ftp->state == NGX_ZOS_FTP_USER) {
        return ngx_zos_ftp_send(ftp, NGX_ZOS_FTP_PASS, "PASS ",
                                &ftp->password);
    }

    return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_LOGIN);
}


static ngx_int_t
ngx_zos_ftp_passive(ngx_zos_ftp_t *ftp)
{
    in_port_t         port;
    struct sockaddr  *sockaddr;

    static ngx_str_t  nothing = ngx_string("");

    if (ftp->state == NGX_ZOS_FTP_EPSV && ftp->code / 100 == 5
        && ftp->sockaddr->sa_family == AF_INET)
    {
        return ngx_zos_ftp_send(ftp, NGX_ZOS_FTP_PASV, "PASV", &nothing);
    }

    if (ftp->code / 100 != 2) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_REFUSED);
    }

    port = (ftp->state == NGX_ZOS_FTP_EPSV) ? ngx_zos_ftp_epsv_port(ftp)
                                            : ngx_zos_ftp_pasv_port(ftp);
    if (port == 0) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_PROTOCOL);
    }

    sockaddr = ngx_palloc(ftp->pool, ftp->socklen);
    if (sockaddr == NULL) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_INTERNAL);
    }

    ngx_memcpy(sockaddr, ftp->sockaddr, ftp->socklen);
    ngx_inet_set_port(sockaddr, port);

    ftp->state = NGX_ZOS_FTP_OPEN;
    ftp->transfer.sockaddr = sockaddr;

    return ngx_zos_ftp_connect(ftp, &ftp->transfer) == NGX_AGAIN
           ? NGX_OK : NGX_ERROR;
}


/* "229 Entering Extended Passive Mode (|||6446|)"; 0: it is not */

static in_port_t
ngx_zos_ftp_epsv_port(ngx_zos_ftp_t *ftp)
{
    u_char     *p, *last, *end, bar;
    ngx_int_t   port;

    last = ftp->line + ftp->len;
    p = ngx_strlchr(ftp->line, last, '(');

    if (p == NULL || last - p < 6) {
        return 0;
    }

    bar = p[1];

    if (p[2] != bar || p[3] != bar) {
        return 0;
    }

    p += 4;
    end = ngx_strlchr(p, last, bar);
    port = end ? ngx_atoi(p, end - p) : NGX_ERROR;

    return port > 0 && port < 65536 ? (in_port_t) port : 0;
}


/* "227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)"; 0: it is not */

static in_port_t
ngx_zos_ftp_pasv_port(ngx_zos_ftp_t *ftp)
{
    u_char      *p, *last, *end;
    ngx_int_t    n;
    ngx_uint_t   i, port;

    last = ftp->line + ftp->len;
    port = 0;

    for (p = ftp->line + 3; p < last && (*p < '0' || *p > '9'); p++) {
        /* void */
    }

    for (i = 0; i < 6; i++) {

        for (end = p; end < last && *end >= '0' && *end <= '9'; end++) {
            /* void */
        }

        n = ngx_atoi(p, end - p);

        if (n < 0 || n > 255 || (i < 5 && (end == last || *end != ','))) {
            return 0;
        }

        port = (port << 8 | (ngx_uint_t) n) & 0xffff;
        p = end + 1;
    }

    return (in_port_t) port;
}


static ngx_int_t
ngx_zos_ftp_retrieve(ngx_zos_ftp_t *ftp)
{
    ngx_uint_t  kind;

    kind = ftp->code / 100;

    if (kind == 1 && ftp->state == NGX_ZOS_FTP_RETR) {
        ftp->state = NGX_ZOS_FTP_END;
        return NGX_OK;
    }

    if (kind == 2) {
        ftp->state = NGX_ZOS_FTP_END;
        ftp->done = 1;
        return NGX_OK;
    }

    if (kind < 4) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_PROTOCOL);
    }

    return ngx_zos_ftp_fail(ftp, ftp->state == NGX_ZOS_FTP_RETR
                                 ? NGX_ZOS_FTP_FILE : NGX_ZOS_FTP_BROKEN);
}


/* ---- commands ---- */

static ngx_int_t
ngx_zos_ftp_send(ngx_zos_ftp_t *ftp, ngx_uint_t state, char *command,
    ngx_str_t *arg)
{
    u_char  *p;

    /* a server that answers what it was not asked is no ftp server */

    if (ftp->unsent.len) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_PROTOCOL);
    }

    p = ngx_pnalloc(ftp->pool, ngx_strlen(command) + arg->len + 2);
    if (p == NULL) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_INTERNAL);
    }

    ftp->state = state;
    ftp->unsent.data = p;
    ftp->unsent.len = ngx_sprintf(p, "%s%V" CRLF, command, arg) - p;

    return ngx_zos_ftp_flush(ftp);
}


static ngx_int_t
ngx_zos_ftp_flush(ngx_zos_ftp_t *ftp)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = ftp->control.connection;

    while (ftp->unsent.len) {
        n = c->send(c, ftp->unsent.data, ftp->unsent.len);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_CLOSED);
        }

        ftp->unsent.data += n;
        ftp->unsent.len -= n;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_INTERNAL);
    }

    return NGX_OK;
}


/* ---- the file ---- */

static ngx_int_t
ngx_zos_ftp_read_transfer(ngx_zos_ftp_t *ftp)
{
    ssize_t            n;
    ngx_str_t         *content;
    ngx_connection_t  *c;

    c = ftp->transfer.connection;
    content = &ftp->content;

    for ( ;; ) {
        n = c->recv(c, content->data + content->len,
                    ftp->max + 1 - content->len);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_CLOSED);
        }

        if (n == 0) {
            ftp->eof = 1;
            ngx_zos_ftp_close_peer(&ftp->transfer);
            return NGX_OK;
        }

        content->len += n;

        if (content->len > ftp->max) {
            return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_TOO_LARGE);
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return ngx_zos_ftp_fail(ftp, NGX_ZOS_FTP_INTERNAL);
    }

    return NGX_OK;
}


void
ngx_zos_ftp_close(ngx_zos_ftp_t *ftp)
{
    ngx_zos_ftp_close_peer(&ftp->transfer);
    ngx_zos_ftp_close_peer(&ftp->control);
}


static void
ngx_zos_ftp_close_peer(ngx_peer_connection_t *peer)
{
    if (peer->connection) {
        ngx_close_connection(peer->connection);
        peer->connection = NULL;
    }
}


/* ---- zos_ftp_allow address ... | any | off ---- */

char *
ngx_zos_ftp_set_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_loc_conf_t *zlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (zlcf->ftp_allow != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        zlcf->ftp_allow = NULL;
        return NGX_CONF_OK;
    }

    zlcf->ftp_allow = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                       sizeof(ngx_cidr_t));
    if (zlcf->ftp_allow == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "any") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_zos_ftp_add_cidr(cf, zlcf->ftp_allow, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_zos_ftp_add_cidr(ngx_conf_t *cf, ngx_array_t *cidrs, ngx_str_t *text)
{
    ngx_int_t    rc;
    ngx_cidr_t  *cidr;

    cidr = ngx_array_push(cidrs);
    if (cidr == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_ptocidr(text, cidr);

    if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\"", text);
        return NGX_ERROR;
    }

    if (rc == NGX_DONE) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "low address bits of %V are meaningless", text);
    }

    return NGX_OK;
}
