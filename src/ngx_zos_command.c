
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What a call sends: commands of core0, and those of Redis around them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_call.h>

#include <openssl/rand.h>


#define NGX_ZOS_CALL_ID_LEN  36

/* the length of the command follows, and the command */
#define NGX_ZOS_CALL_RPUSH   "*3\r\n$5\r\nRPUSH\r\n$12\r\n"                  \
                             "core:default\r\n$"


static ngx_int_t ngx_zos_call_query(ngx_zos_call_t *call, ngx_uint_t argc,
    ngx_str_t *argv);
static ngx_int_t ngx_zos_call_around(ngx_zos_call_t *call, ngx_str_t *head,
    ngx_str_t *tail);
static void ngx_zos_call_append_queue(ngx_zos_call_t *call,
    ngx_zos_out_t *out);


ngx_int_t
ngx_zos_call_command(ngx_zos_call_t *call, const ngx_str_t *command,
    const ngx_str_t *args)
{
    ngx_zos_out_t  out;

    if (ngx_zos_out_init(&out, call->pool,
                         160 + command->len + args->len + call->queue.len
                         + ngx_base64_encoded_length(call->block.len))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* no "tags": generations differ in the type, and lose the command */

    ngx_zos_out_literal(&out, "\"command\":");
    ngx_zos_out_string(&out, command);
    ngx_zos_out_literal(&out, ",\"arguments\":");

    if (call->block.len) {
        /* by no way round: it is large */

        ngx_zos_out(&out, args->data, args->len - 1);
        ngx_zos_out_literal(&out, ",\"block\":\"");
        ngx_zos_out_base64(&out, &call->block);
        ngx_zos_out_literal(&out, "\"}");

    } else {
        ngx_zos_out_str(&out, args);
    }

    ngx_zos_call_append_queue(call, &out);

    if (call->stream) {
        ngx_zos_out_literal(&out, ",\"stream\":true");
    }

    if (call->max_time) {
        ngx_zos_out_literal(&out, ",\"max_time\":");
        ngx_zos_out_integer(&out, call->max_time);
    }

    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &call->command) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_call_start(call);
}


ngx_int_t
ngx_zos_call_lookup(ngx_zos_call_t *call, ngx_str_t *id)
{
    ngx_str_t  argv[3];

    call->id = *id;

    ngx_str_set(&argv[0], "LLEN");
    argv[1] = ngx_zos_call_key(call, id, ":flag");

    if (ngx_zos_call_query(call, 2, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "LINDEX");
    argv[1] = ngx_zos_call_key(call, id, "");
    ngx_str_set(&argv[2], "-1");

    if (ngx_zos_call_query(call, 3, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_call_start(call);
}


ngx_int_t
ngx_zos_call_range(ngx_zos_call_t *call, ngx_str_t *id, ngx_str_t *stream,
    ngx_int_t from, ngx_int_t to)
{
    u_char     *p;
    ngx_str_t   argv[4];

    p = ngx_pnalloc(call->pool, 2 * NGX_INT_T_LEN + sizeof("stream:")
                                + stream->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "LRANGE");

    argv[1].data = p;
    p = ngx_sprintf(p, "stream:%V", stream);
    argv[1].len = p - argv[1].data;

    argv[2].data = p;
    p = ngx_sprintf(p, "%i", from);
    argv[2].len = p - argv[2].data;

    argv[3].data = p;
    p = ngx_sprintf(p, "%i", to);
    argv[3].len = p - argv[3].data;

    if (ngx_zos_call_query(call, 4, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_call_lookup(call, id);
}


/* a Redis command that only reads, with a reply of its own */

static ngx_int_t
ngx_zos_call_query(ngx_zos_call_t *call, ngx_uint_t argc, ngx_str_t *argv)
{
    if (argv[1].data == NULL) {
        return NGX_ERROR;
    }

    call->expected++;

    return ngx_zos_resp_command(call->pool, &call->query, argc, argv);
}


/*
 * The push and the first pop.  A command may be a block of a file: it is
 * copied once, to where it is sent from.
 */

ngx_int_t
ngx_zos_call_compose(ngx_zos_call_t *call)
{
    size_t         start;
    ngx_str_t      head, tail, pop;
    ngx_zos_out_t  out;

    ngx_str_null(&pop);

    if (ngx_zos_call_around(call, &head, &tail) != NGX_OK
        /* for a job that is only started nobody waits */
        || (!(call->start && !call->container)
            && ngx_zos_call_compose_pop(call, &pop) != NGX_OK)
        || ngx_zos_out_init(&out, call->pool,
                            sizeof(NGX_ZOS_CALL_RPUSH) + NGX_INT64_LEN
                            + head.len + call->command.len + tail.len
                            + pop.len + 2 * sizeof(CRLF))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, NGX_ZOS_CALL_RPUSH);
    ngx_zos_out_integer(&out, head.len + call->command.len + tail.len);
    ngx_zos_out_literal(&out, CRLF);

    start = out.pos - out.start;

    ngx_zos_out_str(&out, &head);
    ngx_zos_out_str(&out, &call->command);
    ngx_zos_out_str(&out, &tail);

    call->pushed.len = out.pos - out.start - start;

    ngx_zos_out_literal(&out, CRLF);
    ngx_zos_out_str(&out, &pop);

    if (ngx_zos_out_done(&out, &call->push) != NGX_OK) {
        return NGX_ERROR;
    }

    call->pushed.data = call->push.data + start;

    if (call->changes) {
        /* it is never sent again */
        ngx_pfree(call->pool, call->command.data);
    }

    return NGX_OK;
}


/* what is around the command: its id, and the one that dispatches it */

static ngx_int_t
ngx_zos_call_around(ngx_zos_call_t *call, ngx_str_t *head, ngx_str_t *tail)
{
    ngx_zos_out_t  out;

    if (ngx_zos_out_init(&out, call->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    call->id = call->wait;

    ngx_zos_out_literal(&out, "{\"id\":");
    ngx_zos_out_string(&out, &call->wait);
    ngx_zos_out_literal(&out, ",");

    if (call->container) {

        /* older generations replace the id, and tell which one it became */

        if (ngx_zos_call_new_id(call, &call->id) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_out_literal(&out, "\"command\":\"corex.dispatch\","
                                  "\"arguments\":{\"container\":");
        ngx_zos_out_integer(&out, call->container);
        ngx_zos_out_literal(&out, ",\"command\":{\"id\":");
        ngx_zos_out_string(&out, &call->id);
        ngx_zos_out_literal(&out, ",");
    }

    ngx_str_null(tail);

    if (ngx_zos_out_done(&out, head) != NGX_OK || call->container == 0) {
        return out.failed ? NGX_ERROR : NGX_OK;
    }

    if (ngx_zos_out_init(&out, call->pool, 64) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "}");
    ngx_zos_call_append_queue(call, &out);
    ngx_zos_out_literal(&out, "}");

    return ngx_zos_out_done(&out, tail);
}


static void
ngx_zos_call_append_queue(ngx_zos_call_t *call, ngx_zos_out_t *out)
{
    ngx_zos_out_literal(out, ",\"queue\":");
    ngx_zos_out_string(out, &call->queue);
}


ngx_int_t
ngx_zos_call_compose_pop(ngx_zos_call_t *call, ngx_str_t *bytes)
{
    ngx_str_t  argv[3];

    ngx_str_null(bytes);

    ngx_str_set(&argv[0], "BLPOP");
    argv[1] = ngx_zos_call_key(call, &call->wait, "");
    ngx_str_set(&argv[2], NGX_ZOS_CALL_SLICE_SEC);

    if (argv[1].data == NULL) {
        return NGX_ERROR;
    }

    return ngx_zos_resp_command(call->pool, bytes, 3, argv);
}


/* as the clients of core0 do */

ngx_int_t
ngx_zos_call_new_id(ngx_zos_call_t *call, ngx_str_t *id)
{
    u_char         *p, *bytes;
    ngx_uint_t      i;

    static const u_char  hex[] = "0123456789abcdef";

    /* a worker's stock: a call of RAND_bytes() costs more than what it gives */

    static u_char      stock[256 * 16];
    static ngx_uint_t  left;
    static ngx_pid_t   owner;

    if (left == 0 || owner != ngx_pid) {

        if (RAND_bytes(stock, sizeof(stock)) != 1) {
            return NGX_ERROR;
        }

        left = sizeof(stock) / 16;
        owner = ngx_pid;
    }

    bytes = &stock[16 * --left];

    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;

    id->len = call->prefix.len + NGX_ZOS_CALL_ID_LEN;
    id->data = ngx_pnalloc(call->pool, id->len);

    if (id->data == NULL) {
        return NGX_ERROR;
    }

    p = id->data;

    if (call->prefix.len) {
        p = ngx_cpymem(p, call->prefix.data, call->prefix.len);
    }

    for (i = 0; i < 16; i++) {

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }

        *p++ = hex[bytes[i] >> 4];
        *p++ = hex[bytes[i] & 0x0f];
    }

    return NGX_OK;
}


ngx_str_t
ngx_zos_call_key(ngx_zos_call_t *call, ngx_str_t *id, char *suffix)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   key;

    len = ngx_strlen(suffix);

    key.len = sizeof("result:") - 1 + id->len + len;
    key.data = ngx_pnalloc(call->pool, key.len);

    if (key.data) {
        p = ngx_cpymem(key.data, "result:", sizeof("result:") - 1);
        p = ngx_cpymem(p, id->data, id->len);
        ngx_memcpy(p, suffix, len);
    }

    return key;
}
