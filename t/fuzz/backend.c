
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Backends without a network.  A node is asked in Redis commands, which are
 * looked at, and answers from the lines of the input; or it sends bytes of
 * the input, whatever it was asked.  AYS answers from the same lines.
 *
 *     20 SUCCESS {"a":1}     level, state and data of a result
 *     {"id":...}             a result as it is
 *     -ERR no                an error of Redis
 *     ~                      nothing within the second of a pop
 *     200 {"a":1}            status and text of AYS; "!200 ..." breaks off
 *
 * Where there is no line, nobody answers.  With FUZZ_TRACE in the environment
 * it is shown what was asked.
 */


#include "fuzz.h"
#include <ngx_event.h>
#include <ngx_event_connect.h>
#include <ngx_zos_capture.h>


#define FUZZ_MAX_ARGS  5


typedef struct {
    ngx_connection_t   c;
    ngx_event_t        read;
    ngx_event_t        write;
    ngx_str_t          asked;        /* what was sent and not read yet */
    ngx_str_t          bytes;        /* the answer */
    size_t             taken;
    unsigned           dispatched:1; /* into a container */
    unsigned           closed:1;     /* behind the bytes */
} fuzz_conn_t;


static ssize_t fuzz_conn_recv(ngx_connection_t *c, u_char *buf, size_t size);
static ssize_t fuzz_conn_send(ngx_connection_t *c, u_char *buf, size_t size);
static ngx_uint_t fuzz_conn_command(fuzz_conn_t *conn, ngx_str_t *argv);
static ngx_uint_t fuzz_conn_count(u_char **p, u_char *last, u_char type,
    size_t *n);
static void fuzz_conn_answer(fuzz_conn_t *conn, ngx_str_t *argv,
    ngx_uint_t argc);
static void fuzz_conn_pushed(fuzz_conn_t *conn, ngx_str_t *text);
static void fuzz_conn_popped(fuzz_conn_t *conn, ngx_str_t *key);
static void fuzz_conn_record(fuzz_conn_t *conn, ngx_uint_t list);
static void fuzz_conn_envelope(fuzz_conn_t *conn, ngx_str_t *line);
static void fuzz_conn_put(fuzz_conn_t *conn, const char *text, size_t len);
static void fuzz_conn_bulk(fuzz_conn_t *conn, ngx_str_t *text);
static void fuzz_ays_answered(ngx_event_t *ev);
static void fuzz_ays_sane(ngx_zos_capture_t *capture);
static ngx_uint_t fuzz_line(ngx_str_t *line);
static void fuzz_trace(const char *how, ngx_str_t *what, ngx_str_t *more);
static void fuzz_append(ngx_str_t *text, const void *data, size_t len);


ngx_int_t __wrap_ngx_event_connect_peer(ngx_peer_connection_t *pc);
void __wrap_ngx_close_connection(ngx_connection_t *c);
void __wrap_ngx_reusable_connection(ngx_connection_t *c,
    ngx_uint_t reusable);
ngx_int_t __wrap_ngx_handle_read_event(ngx_event_t *rev, ngx_uint_t flags);
ngx_int_t __wrap_ngx_handle_write_event(ngx_event_t *wev, size_t lowat);
int __wrap_ngx_tcp_nodelay(ngx_connection_t *c);
ngx_int_t __wrap_ngx_zos_capture_start(ngx_zos_capture_t *capture,
    ngx_http_request_t *r);


static ngx_str_t   fuzz_lines;
static ngx_str_t   fuzz_raw;
static ngx_uint_t  fuzz_is_raw;
static ngx_uint_t  fuzz_piece;


void
fuzz_backend(ngx_str_t *lines)
{
    fuzz_lines = *lines;
    fuzz_is_raw = 0;
}


void
fuzz_backend_raw(ngx_str_t *bytes, ngx_uint_t piece)
{
    fuzz_raw = *bytes;
    fuzz_piece = piece;
    fuzz_is_raw = 1;
}


static void
fuzz_trace(const char *how, ngx_str_t *what, ngx_str_t *more)
{
    if (getenv("FUZZ_TRACE")) {
        fprintf(stderr, "%s %.*s %.*s\n", how, (int) what->len, what->data,
                (int) more->len, more->data);
    }
}


/* an empty line is one, too; 0: there are no more of them */

static ngx_uint_t
fuzz_line(ngx_str_t *line)
{
    if (fuzz_lines.len == 0) {
        return 0;
    }

    *line = fuzz_until(&fuzz_lines, LF);

    return 1;
}


static void
fuzz_append(ngx_str_t *text, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }

    text->data = realloc(text->data, text->len + len);
    fuzz_assert(text->data);

    memcpy(text->data + text->len, data, len);
    text->len += len;
}


/* ---- nodes ---- */

ngx_int_t
__wrap_ngx_event_connect_peer(ngx_peer_connection_t *pc)
{
    fuzz_conn_t       *conn;
    ngx_connection_t  *c;

    conn = calloc(1, sizeof(fuzz_conn_t));
    fuzz_assert(conn);

    c = &conn->c;

    c->fd = (ngx_socket_t) -1;
    c->read = &conn->read;
    c->write = &conn->write;
    c->read->data = c;
    c->write->data = c;
    c->write->write = 1;
    c->write->ready = 1;
    c->log = pc->log;
    c->recv = fuzz_conn_recv;
    c->send = fuzz_conn_send;

    pc->connection = c;

    if (fuzz_is_raw) {
        fuzz_append(&conn->bytes, fuzz_raw.data, fuzz_raw.len);
        conn->closed = 1;
    }

    return NGX_OK;
}


void
__wrap_ngx_close_connection(ngx_connection_t *c)
{
    fuzz_conn_t  *conn = (fuzz_conn_t *) c;

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    free(conn->asked.data);
    free(conn->bytes.data);
    free(conn);
}


void
__wrap_ngx_reusable_connection(ngx_connection_t *c, ngx_uint_t reusable)
{
    c->reusable = reusable;
}


ngx_int_t
__wrap_ngx_handle_read_event(ngx_event_t *rev, ngx_uint_t flags)
{
    return NGX_OK;
}


ngx_int_t
__wrap_ngx_handle_write_event(ngx_event_t *wev, size_t lowat)
{
    return NGX_OK;
}


int
__wrap_ngx_tcp_nodelay(ngx_connection_t *c)
{
    return NGX_OK;
}


/* what is read is a piece in a block of its own size */

static ssize_t
fuzz_conn_recv(ngx_connection_t *c, u_char *buf, size_t size)
{
    size_t        left;
    fuzz_conn_t  *conn = (fuzz_conn_t *) c;

    left = conn->bytes.len - conn->taken;

    if (left == 0) {
        c->read->ready = 0;

        if (conn->closed) {
            c->read->eof = 1;
            return 0;
        }

        return NGX_AGAIN;
    }

    left = ngx_min(left, size);

    if (fuzz_is_raw && fuzz_piece) {
        left = ngx_min(left, fuzz_piece);
    }

    memcpy(buf, conn->bytes.data + conn->taken, left);
    conn->taken += left;

    /* the next ones come with another event, now and then */

    c->read->ready = (left & 1);

    if (!c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    return left;
}


static ssize_t
fuzz_conn_send(ngx_connection_t *c, u_char *buf, size_t size)
{
    ngx_str_t     argv[FUZZ_MAX_ARGS];
    ngx_uint_t    argc;
    fuzz_conn_t  *conn = (fuzz_conn_t *) c;

    fuzz_append(&conn->asked, buf, size);

    while ((argc = fuzz_conn_command(conn, argv)) != 0) {

        if (!fuzz_is_raw) {
            fuzz_conn_answer(conn, argv, argc);
        }
    }

    fuzz_assert(conn->asked.len == 0);

    c->read->ready = 1;
    ngx_post_event(c->read, &ngx_posted_events);

    return size;
}


/* what is sent is sent at once, so it is whole commands */

static ngx_uint_t
fuzz_conn_command(fuzz_conn_t *conn, ngx_str_t *argv)
{
    u_char             *p, *last;
    size_t              argc, i;
    static u_char      *kept;

    if (conn->asked.len == 0) {
        return 0;
    }

    free(kept);
    kept = malloc(conn->asked.len);
    fuzz_assert(kept);
    memcpy(kept, conn->asked.data, conn->asked.len);

    p = kept;
    last = p + conn->asked.len;

    fuzz_assert(fuzz_conn_count(&p, last, '*', &argc));
    fuzz_assert(argc && argc <= FUZZ_MAX_ARGS);

    for (i = 0; i < argc; i++) {
        fuzz_assert(fuzz_conn_count(&p, last, '$', &argv[i].len));
        fuzz_assert((size_t) (last - p) >= argv[i].len + 2);

        argv[i].data = p;
        p += argv[i].len;

        fuzz_assert(p[0] == CR && p[1] == LF);
        p += 2;
    }

    conn->asked.len = last - p;
    memmove(conn->asked.data, p, conn->asked.len);

    return argc;
}


static ngx_uint_t
fuzz_conn_count(u_char **p, u_char *last, u_char type, size_t *n)
{
    u_char     *end;
    ngx_int_t   count;

    if (*p == last || **p != type) {
        return 0;
    }

    end = ngx_strlchr(*p, last, CR);

    if (end == NULL || last - end < 2 || end[1] != LF) {
        return 0;
    }

    count = ngx_atoi(*p + 1, end - *p - 1);

    if (count == NGX_ERROR) {
        return 0;
    }

    *n = count;
    *p = end + 2;

    return 1;
}


static void
fuzz_conn_answer(fuzz_conn_t *conn, ngx_str_t *argv, ngx_uint_t argc)
{
    if (conn->closed) {
        return;
    }

    fuzz_trace("node:", &argv[0], &argv[argc - 1]);

    if (fuzz_is(&argv[0], "PING")) {
        fuzz_conn_put(conn, "+PONG\r\n", 7);

    } else if (fuzz_is(&argv[0], "RPUSH")) {
        fuzz_assert(argc == 3 && fuzz_is(&argv[1], "core:default"));
        fuzz_conn_pushed(conn, &argv[2]);

    } else if (fuzz_is(&argv[0], "BLPOP")) {
        fuzz_assert(argc == 3);
        fuzz_conn_popped(conn, &argv[1]);

    } else if (fuzz_is(&argv[0], "LLEN") || fuzz_is(&argv[0], "LREM")) {
        fuzz_conn_put(conn, ":1\r\n", 4);

    } else if (fuzz_is(&argv[0], "LINDEX")) {
        fuzz_conn_record(conn, 0);

    } else {
        fuzz_assert(fuzz_is(&argv[0], "LRANGE"));
        fuzz_conn_record(conn, 1);
    }
}


static void
fuzz_conn_pushed(fuzz_conn_t *conn, ngx_str_t *text)
{
    json_t      *json;
    const char  *command;

    json = fuzz_json(text);

    command = json_string_value(json_object_get(json, "command"));

    fuzz_assert(command);
    fuzz_assert(json_is_string(json_object_get(json, "id")));
    fuzz_assert(json_is_object(json_object_get(json, "arguments")));

    conn->dispatched = (strcmp(command, "corex.dispatch") == 0);

    json_decref(json);

    fuzz_conn_put(conn, ":1\r\n", 4);
}


static void
fuzz_conn_popped(fuzz_conn_t *conn, ngx_str_t *key)
{
    ngx_str_t  line;

    static ngx_str_t  inner = ngx_string("20 SUCCESS \"" FUZZ_ID "\"");

    if (conn->dispatched) {
        conn->dispatched = 0;
        line = inner;

    } else if (!fuzz_line(&line) || line.len == 0) {
        conn->closed = 1;
        return;
    }

    if (*line.data == '-') {
        fuzz_conn_put(conn, (char *) line.data, line.len);
        fuzz_conn_put(conn, "\r\n", 2);
        return;
    }

    if (*line.data == '~') {
        ngx_current_msec += 1000;
        fuzz_conn_put(conn, "*-1\r\n", 5);
        return;
    }

    fuzz_conn_put(conn, "*2\r\n", 4);
    fuzz_conn_bulk(conn, key);

    if (*line.data == '{') {
        fuzz_conn_bulk(conn, &line);

    } else {
        fuzz_conn_envelope(conn, &line);
    }
}


/* of a list: the last one, or all of them */

static void
fuzz_conn_record(fuzz_conn_t *conn, ngx_uint_t list)
{
    ngx_str_t  line;

    if (!fuzz_line(&line)) {
        conn->closed = 1;
        return;
    }

    if (line.len == 0 || *line.data == '~') {
        fuzz_conn_put(conn, list ? "*0\r\n" : "$-1\r\n", list ? 4 : 5);
        return;
    }

    if (list) {
        fuzz_conn_put(conn, "*1\r\n", 4);
    }

    fuzz_conn_bulk(conn, &line);
}


static void
fuzz_conn_envelope(fuzz_conn_t *conn, ngx_str_t *line)
{
    ngx_int_t       level;
    ngx_str_t       word, state, text;
    ngx_uint_t      allocations;
    ngx_pool_t     *pool;
    ngx_zos_out_t   out;

    /* it is the module that runs out of memory, and not the node */

    allocations = fuzz_allocations;
    fuzz_allocations = FUZZ_PLENTY;

    pool = ngx_create_pool(1024, fuzz_cycle->log);
    fuzz_assert(pool);

    word = fuzz_until(line, ' ');
    level = ngx_atoi(word.data, ngx_min(word.len, 6));
    state = fuzz_until(line, ' ');

    fuzz_assert(ngx_zos_out_init(&out, pool, 1024) == NGX_OK);

    ngx_zos_out_literal(&out, "{\"id\":\"" FUZZ_ID "\",\"command\":\"c\","
                              "\"streams\":[\"out\",\"err\"],"
                              "\"critical\":\"\",\"tags\":null,"
                              "\"starttime\":1795461257028,\"level\":");
    ngx_zos_out_integer(&out, level == NGX_ERROR ? 0 : level);
    ngx_zos_out_literal(&out, ",\"state\":");
    ngx_zos_out_string(&out, &state);
    ngx_zos_out_literal(&out, ",\"data\":");
    ngx_zos_out_string(&out, line);
    ngx_zos_out_literal(&out, "}");

    fuzz_assert(ngx_zos_out_done(&out, &text) == NGX_OK);

    fuzz_conn_bulk(conn, &text);

    ngx_destroy_pool(pool);

    fuzz_allocations = allocations;
}


static void
fuzz_conn_put(fuzz_conn_t *conn, const char *text, size_t len)
{
    fuzz_append(&conn->bytes, text, len);
}


static void
fuzz_conn_bulk(fuzz_conn_t *conn, ngx_str_t *text)
{
    int   n;
    char  count[32];

    n = snprintf(count, sizeof(count), "$%zu\r\n", text->len);

    fuzz_conn_put(conn, count, n);
    fuzz_conn_put(conn, (char *) text->data, text->len);
    fuzz_conn_put(conn, "\r\n", 2);
}


/* ---- AYS ---- */

ngx_int_t
__wrap_ngx_zos_capture_start(ngx_zos_capture_t *capture,
    ngx_http_request_t *r)
{
    ngx_int_t  status;
    ngx_str_t  line, word;

    static ngx_str_t  found = ngx_string("200 {}");
    static ngx_str_t  nobody = ngx_string("502");

    fuzz_trace(capture->method == NGX_HTTP_GET ? "GET"
               : capture->method == NGX_HTTP_POST ? "POST"
               : capture->method == NGX_HTTP_PUT ? "PUT" : "DELETE",
               &capture->uri, &capture->body);

    fuzz_ays_sane(capture);

    /* as src/ngx_zos_capture.c does, with the answer there at once */

    if (fuzz_is(&capture->uri, "/_ays/ays/repository/objstor")
        && capture->method == NGX_HTTP_GET)
    {
        line = found;

    } else if (!fuzz_line(&line)) {
        line = nobody;
    }

    capture->complete = 1;

    if (line.len && *line.data == '!') {
        capture->complete = 0;
        line.data++;
        line.len--;
    }

    word = fuzz_until(&line, ' ');
    status = ngx_atoi(word.data, ngx_min(word.len, 3));

    capture->status = status < 100 ? 0 : status;
    capture->rc = capture->status ? NGX_OK : NGX_HTTP_BAD_GATEWAY;

    if (line.len > capture->limit) {
        capture->too_large = 1;

    } else if (line.len) {
        capture->text.data = ngx_pnalloc(capture->pool, line.len);

        if (capture->text.data == NULL) {
            return NGX_ERROR;
        }

        capture->text.len = line.len;
        ngx_memcpy(capture->text.data, line.data, line.len);
    }

    capture->event.handler = fuzz_ays_answered;
    capture->event.data = capture;
    capture->event.log = r->connection->log;

    ngx_post_event(&capture->event, &ngx_posted_events);

    return NGX_OK;
}


static void
fuzz_ays_answered(ngx_event_t *ev)
{
    ngx_zos_capture_t  *capture = ev->data;

    capture->handler(capture);
}


/* the URI is escaped by the proxy, its arguments are not */

static void
fuzz_ays_sane(ngx_zos_capture_t *capture)
{
    size_t   i;
    json_t  *json;

    fuzz_assert(capture->method == NGX_HTTP_GET
                || capture->method == NGX_HTTP_POST
                || capture->method == NGX_HTTP_PUT
                || capture->method == NGX_HTTP_DELETE);

    fuzz_assert(capture->uri.len > 20
                && memcmp(capture->uri.data, "/_ays/ays/repository", 20) == 0);

    for (i = 0; i < capture->args.len; i++) {
        fuzz_assert(capture->args.data[i] > 0x20
                    && capture->args.data[i] != 0x7f
                    && capture->args.data[i] != '#');
    }

    for (i = 0; i < capture->uri.len; i++) {
        fuzz_assert(capture->uri.data[i] >= 0x20
                    && capture->uri.data[i] != 0x7f
                    && capture->uri.data[i] != '?');
    }

    if (capture->body.len) {
        json = fuzz_json(&capture->body);
        fuzz_assert(json);
        json_decref(json);
    }
}
