
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_core0.h>


#define NGX_ZOS_CONN_BUFFER  16384


static ngx_int_t ngx_zos_conn_test_connect(ngx_connection_t *c);
static void ngx_zos_conn_established(ngx_zos_conn_t *zc);
static void ngx_zos_conn_handshake_handler(ngx_connection_t *c);
static void ngx_zos_conn_handshaked(ngx_zos_conn_t *zc);
static void ngx_zos_conn_authenticate(ngx_zos_conn_t *zc);
static ngx_int_t ngx_zos_conn_auth_reply(ngx_zos_conn_t *zc,
    ngx_zos_resp_t *reply);
static void ngx_zos_conn_ready(ngx_zos_conn_t *zc);
static void ngx_zos_conn_read(ngx_zos_conn_t *zc);
static ngx_int_t ngx_zos_conn_replies(ngx_zos_conn_t *zc);
static void ngx_zos_conn_flush(ngx_zos_conn_t *zc);


ngx_int_t
ngx_zos_conn_open(ngx_zos_conn_t *zc, ngx_msec_t timeout)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    zc->reader = ngx_zos_resp_create_reader();
    if (zc->reader == NULL) {
        return NGX_ERROR;
    }

    zc->peer.sockaddr = zc->to->sockaddr;
    zc->peer.socklen = zc->to->socklen;
    zc->peer.name = &zc->to->address;
    zc->peer.get = ngx_event_get_peer;
    zc->peer.log_error = NGX_ERROR_ERR;
    zc->peer.so_keepalive = 1;

    zc->peer.log->action = "connecting to core0";

    rc = ngx_event_connect_peer(&zc->peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        zc->failed(zc, rc == NGX_ERROR ? NGX_ZOS_INTERNAL : NGX_ZOS_CONNECT);
        return NGX_AGAIN;
    }

    c = zc->peer.connection;

    c->data = zc;
    c->pool = zc->mem;
    c->read->handler = ngx_zos_conn_read_handler;
    c->write->handler = ngx_zos_conn_write_handler;

    ngx_zos_conn_log(zc, zc->peer.log);

    /* connect, TLS and AUTH together */

    ngx_add_timer(c->write, timeout);

    if (rc == NGX_OK) {
        ngx_zos_conn_established(zc);
    }

    return NGX_AGAIN;
}


void
ngx_zos_conn_log(ngx_zos_conn_t *zc, ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = zc->peer.connection;

    zc->mem->log = log;

    if (c) {
        c->log = log;
        c->read->log = log;
        c->write->log = log;
    }
}


void
ngx_zos_conn_write_handler(ngx_event_t *wev)
{
    ngx_zos_conn_t    *zc;
    ngx_connection_t  *c;

    c = wev->data;
    zc = c->data;

    if (wev->timedout) {
        wev->timedout = 0;

        ngx_log_error(NGX_LOG_ERR, c->log, NGX_ETIMEDOUT,
                      "core0 at %V did not answer in time",
                      &zc->to->address);

        zc->failed(zc, NGX_ZOS_CONNECT_TIMEOUT);
        return;
    }

    if (!zc->connected) {

        if (ngx_zos_conn_test_connect(c) != NGX_OK) {
            zc->failed(zc, NGX_ZOS_CONNECT);
            return;
        }

        ngx_zos_conn_established(zc);
        return;
    }

    ngx_zos_conn_flush(zc);
}


void
ngx_zos_conn_read_handler(ngx_event_t *rev)
{
    ngx_zos_conn_t    *zc;
    ngx_connection_t  *c;

    c = rev->data;
    zc = c->data;

    if (c->close) {
        /* worker_shutdown_timeout */
        zc->failed(zc, NGX_ZOS_CLOSED);
        return;
    }

    if (!zc->connected) {

        /* a refused connection shows as a read event first */

        if (ngx_zos_conn_test_connect(c) != NGX_OK) {
            zc->failed(zc, NGX_ZOS_CONNECT);
        }

        return;
    }

    ngx_zos_conn_read(zc);
}


static ngx_int_t
ngx_zos_conn_test_connect(ngx_connection_t *c)
{
    int              err;
    socklen_t        len;
    ngx_zos_conn_t  *zc;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        zc = c->data;

        ngx_log_error(NGX_LOG_ERR, c->log, err,
                      "connect() to core0 at %V failed", &zc->to->address);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_zos_conn_established(ngx_zos_conn_t *zc)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = zc->peer.connection;

    if (c->sockaddr == NULL) {
        c->sockaddr = zc->to->sockaddr;
        c->socklen = zc->to->socklen;
    }

    zc->connected = 1;

    if (zc->to->sockaddr->sa_family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        zc->failed(zc, NGX_ZOS_CONNECT);
        return;
    }

    if (zc->to->tls == NULL) {
        ngx_zos_conn_authenticate(zc);
        return;
    }

    c->log->action = "SSL handshaking to core0";

    if (ngx_zos_tls_start(zc) != NGX_OK) {
        zc->failed(zc, NGX_ZOS_INTERNAL);
        return;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_zos_conn_handshake_handler;
        return;
    }

    ngx_zos_conn_handshaked(zc);
}


static void
ngx_zos_conn_handshake_handler(ngx_connection_t *c)
{
    ngx_zos_conn_handshaked(c->data);
}


static void
ngx_zos_conn_handshaked(ngx_zos_conn_t *zc)
{
    ngx_connection_t  *c;

    c = zc->peer.connection;

    if (c->write->timedout) {
        c->write->timedout = 0;
        zc->failed(zc, NGX_ZOS_CONNECT_TIMEOUT);
        return;
    }

    if (!c->ssl->handshaked || ngx_zos_tls_verify(zc) != NGX_OK) {
        zc->failed(zc, NGX_ZOS_TLS);
        return;
    }

    c->read->handler = ngx_zos_conn_read_handler;
    c->write->handler = ngx_zos_conn_write_handler;

    ngx_zos_conn_authenticate(zc);
}


static void
ngx_zos_conn_authenticate(ngx_zos_conn_t *zc)
{
    ngx_str_t  bytes, argv[2];

    if (zc->to->password.len == 0) {
        ngx_zos_conn_ready(zc);
        return;
    }

    zc->peer.connection->log->action = "authenticating to core0";

    ngx_str_set(&argv[0], "AUTH");
    argv[1] = zc->to->password;

    ngx_str_null(&bytes);

    if (ngx_zos_resp_command(zc->mem, &bytes, 2, argv) != NGX_OK) {
        zc->failed(zc, NGX_ZOS_INTERNAL);
        return;
    }

    /*
     * Nothing follows before the answer: a node without a password refuses
     * AUTH, but would run what is behind it.
     */

    zc->reply = ngx_zos_conn_auth_reply;

    ngx_zos_conn_send(zc, &bytes);
}


static ngx_int_t
ngx_zos_conn_auth_reply(ngx_zos_conn_t *zc, ngx_zos_resp_t *reply)
{
    ngx_uint_t  ok;

    ok = (reply->type == NGX_ZOS_RESP_STATUS);

    ngx_zos_resp_free(reply);

    if (!ok) {
        /* the text of the refusal may repeat the credentials */

        ngx_log_error(NGX_LOG_ERR, zc->peer.connection->log, 0,
                      "core0 at %V refused the %s", &zc->to->address,
                      zc->to->token ? "gateway's token" : "credentials");

        zc->failed(zc, NGX_ZOS_AUTH);
        return NGX_DONE;
    }

    ngx_zos_conn_ready(zc);

    return zc->closed ? NGX_DONE : NGX_OK;
}


static void
ngx_zos_conn_ready(ngx_zos_conn_t *zc)
{
    ngx_connection_t  *c;

    c = zc->peer.connection;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    zc->ready(zc);
}


static void
ngx_zos_conn_read(ngx_zos_conn_t *zc)
{
    ssize_t            n;
    ngx_connection_t  *c;
    static u_char      buffer[NGX_ZOS_CONN_BUFFER];

    c = zc->peer.connection;

    /*
     * A callback may close the connection; its memory goes here then, when
     * nothing looks at it any more.
     */

    zc->reading = 1;

    do {
        n = c->recv(c, buffer, NGX_ZOS_CONN_BUFFER);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            zc->failed(zc, zc->fed ? NGX_ZOS_PROTOCOL : NGX_ZOS_CLOSED);
            goto done;
        }

        zc->fed += n;

        if (ngx_zos_resp_feed(zc->reader, buffer, n) != NGX_OK) {
            zc->failed(zc, NGX_ZOS_INTERNAL);
            goto done;
        }

        if (ngx_zos_conn_replies(zc) == NGX_DONE) {
            goto done;
        }

    } while (c->read->ready);

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        zc->failed(zc, NGX_ZOS_INTERNAL);
    }

done:

    zc->reading = 0;

    if (zc->closed) {
        ngx_zos_conn_close(zc);
    }
}


static ngx_int_t
ngx_zos_conn_replies(ngx_zos_conn_t *zc)
{
    size_t          unread;
    ngx_int_t       rc;
    ngx_zos_resp_t  reply;

    for ( ;; ) {
        rc = ngx_zos_resp_next(zc->reader, &reply);

        if (rc == NGX_ERROR) {
            ngx_log_error(NGX_LOG_ERR, zc->peer.connection->log, 0,
                          "core0 at %V sent an invalid reply",
                          &zc->to->address);

            zc->failed(zc, NGX_ZOS_PROTOCOL);
            return NGX_DONE;
        }

        unread = (rc == NGX_OK) ? ngx_zos_resp_unread(zc->reader) : 0;

        if (zc->fed - unread > zc->max_reply) {
            ngx_log_error(NGX_LOG_ERR, zc->peer.connection->log, 0,
                          "core0 at %V sent too large reply",
                          &zc->to->address);

            if (rc == NGX_OK) {
                ngx_zos_resp_free(&reply);
            }

            zc->failed(zc, NGX_ZOS_TOO_LARGE);
            return NGX_DONE;
        }

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (unread == 0 && zc->fed > NGX_ZOS_CONN_BUFFER) {
            ngx_zos_resp_renew_reader(&zc->reader);
        }

        zc->fed = unread;

        if (zc->reply(zc, &reply) == NGX_DONE) {
            return NGX_DONE;
        }
    }
}


void
ngx_zos_conn_send(ngx_zos_conn_t *zc, ngx_str_t *data)
{
    zc->unsent = *data;

    ngx_zos_conn_flush(zc);
}


static void
ngx_zos_conn_flush(ngx_zos_conn_t *zc)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = zc->peer.connection;

    while (zc->unsent.len) {
        n = c->send(c, zc->unsent.data, zc->unsent.len);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            zc->failed(zc, NGX_ZOS_CLOSED);
            return;
        }

        zc->unsent.data += n;
        zc->unsent.len -= n;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        zc->failed(zc, NGX_ZOS_INTERNAL);
    }
}


void
ngx_zos_conn_close(ngx_zos_conn_t *zc)
{
    ngx_connection_t  *c;

    zc->closed = 1;

    c = zc->peer.connection;

    if (c) {

        if (c->ssl) {
            /* the peer learns it from the FIN, nobody waits for its answer */

            c->ssl->no_wait_shutdown = 1;
            c->ssl->no_send_shutdown = 1;

            (void) ngx_ssl_shutdown(c);
        }

        ngx_close_connection(c);
        zc->peer.connection = NULL;
    }

    if (zc->reading) {
        /* who reads it looks once more at what is left */
        return;
    }

    if (zc->reader) {
        ngx_zos_resp_free_reader(zc->reader);
    }

    ngx_destroy_pool(zc->mem);
}
