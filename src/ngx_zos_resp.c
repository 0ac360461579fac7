
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_resp.h>

#include <hiredis/hiredis.h>


#define NGX_ZOS_RESP_MAX_ARRAY  1024
#define NGX_ZOS_RESP_COUNT_LEN  (1 + NGX_SIZE_T_LEN + 2)


#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_zos_resp_count_t;
#else
typedef int     ngx_zos_resp_count_t;
#endif


static void *ngx_zos_resp_create_array(const redisReadTask *task,
    ngx_zos_resp_count_t n);
static u_char *ngx_zos_resp_count(u_char *p, u_char type, size_t n);
static void ngx_zos_resp_set(ngx_zos_resp_t *reply, redisReply *rr);


/* hiredis's own functions, but for arrays; the same for all the readers */

static redisReplyObjectFunctions   ngx_zos_resp_functions;
static redisReplyObjectFunctions  *ngx_zos_resp_defaults;


void *
ngx_zos_resp_create_reader(void)
{
    redisReader  *reader;

    reader = redisReaderCreate();
    if (reader == NULL) {
        return NULL;
    }

    if (ngx_zos_resp_defaults == NULL) {
        ngx_zos_resp_defaults = reader->fn;
        ngx_zos_resp_functions = *reader->fn;
        ngx_zos_resp_functions.createArray = ngx_zos_resp_create_array;
    }

    reader->fn = &ngx_zos_resp_functions;

    return reader;
}


/*
 * An array's header announces its size, and hiredis allocates all of it at
 * once: eleven bytes of a broken node would take gigabytes.  Arrays in arrays,
 * which no reply of core0 has, would take a multiple of what is sent.
 */

static void *
ngx_zos_resp_create_array(const redisReadTask *task, ngx_zos_resp_count_t n)
{
    if (n > NGX_ZOS_RESP_MAX_ARRAY || task->parent) {
        return NULL;
    }

    return ngx_zos_resp_defaults->createArray(task, n);
}


void
ngx_zos_resp_free_reader(void *reader)
{
    redisReaderFree(reader);
}


ngx_int_t
ngx_zos_resp_feed(void *reader, u_char *data, size_t len)
{
    if (redisReaderFeed(reader, (char *) data, len) != REDIS_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_resp_next(void *reader, ngx_zos_resp_t *reply)
{
    void  *object;

    if (redisReaderGetReply(reader, &object) != REDIS_OK) {
        return NGX_ERROR;
    }

    if (object == NULL) {
        return NGX_AGAIN;
    }

    ngx_zos_resp_set(reply, object);

    return NGX_OK;
}


static void
ngx_zos_resp_set(ngx_zos_resp_t *reply, redisReply *rr)
{
    ngx_memzero(reply, sizeof(ngx_zos_resp_t));

    reply->object = rr;

    switch (rr->type) {

    case REDIS_REPLY_STRING:
        reply->type = NGX_ZOS_RESP_STRING;
        break;

    case REDIS_REPLY_STATUS:
        reply->type = NGX_ZOS_RESP_STATUS;
        break;

    case REDIS_REPLY_ERROR:
        reply->type = NGX_ZOS_RESP_ERROR;
        break;

    case REDIS_REPLY_INTEGER:
        reply->type = NGX_ZOS_RESP_INTEGER;
        reply->integer = rr->integer;
        return;

    case REDIS_REPLY_ARRAY:
        reply->type = NGX_ZOS_RESP_ARRAY;
        reply->nelts = rr->elements;
        return;

    default: /* REDIS_REPLY_NIL */
        return;
    }

    reply->str.len = rr->len;
    reply->str.data = (u_char *) rr->str;
}


ngx_int_t
ngx_zos_resp_element(ngx_zos_resp_t *array, ngx_uint_t n,
    ngx_zos_resp_t *reply)
{
    redisReply  *rr;

    if (array->type != NGX_ZOS_RESP_ARRAY || n >= array->nelts) {
        return NGX_DECLINED;
    }

    rr = array->object;

    ngx_zos_resp_set(reply, rr->element[n]);

    return NGX_OK;
}


void
ngx_zos_resp_free(ngx_zos_resp_t *reply)
{
    if (reply->object) {
        freeReplyObject(reply->object);
        reply->object = NULL;
    }
}


size_t
ngx_zos_resp_unread(void *reader)
{
    redisReader  *rr = reader;

    /* a reply that is being read may have left the buffer already */

    return rr->len - rr->pos + (rr->ridx >= 0 ? 1 : 0);
}


/*
 * Not by hiredis: it formats lengths with sprintf(), into memory of its own,
 * which takes a tenth of what a whole call takes.
 */

ngx_int_t
ngx_zos_resp_command(ngx_pool_t *pool, ngx_str_t *out, ngx_uint_t argc,
    ngx_str_t *argv)
{
    size_t       len;
    u_char      *p, *start;
    ngx_uint_t   i;

    len = out->len + NGX_ZOS_RESP_COUNT_LEN;

    for (i = 0; i < argc; i++) {
        len += NGX_ZOS_RESP_COUNT_LEN + argv[i].len + 2;
    }

    start = ngx_pnalloc(pool, len);
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = start;

    if (out->len) {
        p = ngx_cpymem(p, out->data, out->len);
    }

    p = ngx_zos_resp_count(p, '*', argc);

    for (i = 0; i < argc; i++) {
        p = ngx_zos_resp_count(p, '$', argv[i].len);
        p = ngx_cpymem(p, argv[i].data, argv[i].len);
        *p++ = CR;
        *p++ = LF;
    }

    out->data = start;
    out->len = p - start;

    return NGX_OK;
}


static u_char *
ngx_zos_resp_count(u_char *p, u_char type, size_t n)
{
    u_char  *digit, digits[NGX_SIZE_T_LEN];

    digit = digits + NGX_SIZE_T_LEN;

    do {
        *--digit = (u_char) ('0' + n % 10);
        n /= 10;
    } while (n);

    *p++ = type;
    p = ngx_cpymem(p, digit, digits + NGX_SIZE_T_LEN - digit);
    *p++ = CR;
    *p++ = LF;

    return p;
}
