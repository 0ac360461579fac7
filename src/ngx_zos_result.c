
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The envelope of a result: what a command came to.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_core0.h>


#define ngx_zos_state_is(result, name)                                       \
    ((result)->state.len == sizeof(name) - 1                                 \
     && ngx_strncmp((result)->state.data, name, sizeof(name) - 1) == 0)


static ngx_int_t ngx_zos_call_members(ngx_zos_call_t *call,
    ngx_str_t *envelope, ngx_str_t *id);
static ngx_int_t ngx_zos_call_member(ngx_zos_call_t *call, ngx_str_t *key,
    ngx_str_t *value);
static ngx_int_t ngx_zos_call_streams(ngx_zos_result_t *result,
    ngx_str_t *value);
static void ngx_zos_call_settle(ngx_zos_call_t *call);
static void ngx_zos_call_text(ngx_zos_call_t *call);


void
ngx_zos_call_decode(ngx_zos_call_t *call, ngx_str_t *text, ngx_str_t *id)
{
    ngx_memzero(&call->result, sizeof(ngx_zos_result_t));

    call->error = NGX_ZOS_PROTOCOL;

    if (ngx_zos_call_members(call, text, id) != NGX_OK) {

        /* not even the half that could be read */

        ngx_memzero(&call->result, sizeof(ngx_zos_result_t));
        return;
    }

    ngx_zos_call_settle(call);
}


static ngx_int_t
ngx_zos_call_members(ngx_zos_call_t *call, ngx_str_t *envelope, ngx_str_t *id)
{
    ngx_int_t            rc;
    ngx_str_t            key, value;
    ngx_zos_json_iter_t  it;

    if (ngx_zos_json_open(&it, envelope) != NGX_OK) {
        return NGX_ERROR;
    }

    for ( ;; ) {
        rc = ngx_zos_json_next(&it, &key, &value);

        if (rc == NGX_DONE) {
            break;
        }

        if (rc != NGX_OK
            || ngx_zos_call_member(call, &key, &value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (call->result.id.len != id->len
        || ngx_strncmp(call->result.id.data, id->data, id->len) != 0
        || call->result.state.len == 0)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_call_member(ngx_zos_call_t *call, ngx_str_t *key, ngx_str_t *value)
{
    ngx_uint_t         i;
    ngx_zos_result_t  *result;

    static const struct {
        ngx_str_t      name;
        size_t         offset;
        ngx_uint_t     integer;
    } members[] = {
        { ngx_string("id"), offsetof(ngx_zos_result_t, id), 0 },
        { ngx_string("command"), offsetof(ngx_zos_result_t, command), 0 },
        { ngx_string("data"), offsetof(ngx_zos_result_t, data), 0 },
        { ngx_string("state"), offsetof(ngx_zos_result_t, state), 0 },
        { ngx_string("level"), offsetof(ngx_zos_result_t, level), 1 },
        { ngx_string("code"), offsetof(ngx_zos_result_t, code), 1 },
        { ngx_string("starttime"),
          offsetof(ngx_zos_result_t, starttime), 1 },
        { ngx_string("container"),
          offsetof(ngx_zos_result_t, container), 1 },
        { ngx_null_string, 0, 0 }
    };

    result = &call->result;

    for (i = 0; members[i].name.len; i++) {

        if (key->len != members[i].name.len
            || ngx_memcmp(key->data, members[i].name.data, key->len) != 0)
        {
            continue;
        }

        if (members[i].integer) {
            return ngx_zos_json_integer(value, (int64_t *)
                                   ((u_char *) result + members[i].offset));
        }

        if (members[i].offset == offsetof(ngx_zos_result_t, data)) {
            result->raw = *value;
        }

        return ngx_zos_json_string(call->pool, value, (ngx_str_t *)
                                   ((u_char *) result + members[i].offset));
    }

    if (key->len == 7 && ngx_memcmp(key->data, "streams", 7) == 0) {
        return ngx_zos_call_streams(result, value);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_call_streams(ngx_zos_result_t *result, ngx_str_t *value)
{
    ngx_str_t             key, item, *stream;
    ngx_uint_t            n;
    ngx_zos_json_iter_t   it;

    if (ngx_zos_json_type(value) == NGX_ZOS_JSON_NULL) {
        return NGX_OK;
    }

    if (ngx_zos_json_type(value) != NGX_ZOS_JSON_ARRAY) {
        return NGX_ERROR;
    }

    ngx_zos_json_iter(&it, value);

    for (n = 0; ngx_zos_json_next(&it, &key, &item) == NGX_OK; n++) {

        if (n > 1 || ngx_zos_json_type(&item) != NGX_ZOS_JSON_STRING) {
            return NGX_ERROR;
        }

        stream = n ? &result->err : &result->out;
        *stream = item;
    }

    return NGX_OK;
}


static void
ngx_zos_call_settle(ngx_zos_call_t *call)
{
    ngx_str_t          value;
    ngx_zos_result_t  *result;

    result = &call->result;

    if (ngx_zos_state_is(result, "SUCCESS")) {

        if (result->level == 20) {

            if (ngx_zos_json_check(&result->data, &value) != NGX_OK) {
                return;
            }

            result->data = value;
        }

        call->error = NGX_ZOS_OK;
        return;
    }

    call->error = ngx_zos_state_is(result, "UNKNOWN_CMD")
                  ? NGX_ZOS_UNKNOWN_COMMAND : NGX_ZOS_FAILED;

    ngx_zos_call_text(call);
}


/* why it failed, from the best of the places where that may be */

static void
ngx_zos_call_text(ngx_zos_call_t *call)
{
    ngx_str_t          value;
    ngx_zos_result_t  *result;

    result = &call->result;
    result->text = result->data;

    if (result->level == 20
        && ngx_zos_json_check(&result->data, &value) == NGX_OK
        && ngx_zos_json_string(call->pool, &value, &result->text) != NGX_OK)
    {
        ngx_str_null(&result->text);
    }

    if (result->text.len == 0 && result->err.len) {
        (void) ngx_zos_json_string(call->pool, &result->err, &result->text);
    }
}
