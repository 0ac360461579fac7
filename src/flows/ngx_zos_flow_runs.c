
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Runs as callers see them: 202 instead of waiting, and GET /runs/{runid}.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_run_get(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_run_got(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_run_show(ngx_zos_flow_t *f, ngx_str_t *id,
    ngx_str_t *run);
static ngx_uint_t ngx_zos_prefers_async(ngx_http_request_t *r);
static ngx_int_t ngx_zos_accepted(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_get_run[] = {
    ngx_zos_run_get,
    ngx_zos_run_got,
    NULL
};


static ngx_int_t
ngx_zos_run_get(ngx_zos_flow_t *f)
{
    ngx_str_t  path;

    static const ngx_str_t  name = ngx_string("runid");

    if (ngx_zos_ays_path(f, &path, "/aysrun/%V", ngx_zos_flow_arg(f, &name))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_GET, &path, NULL, NULL);
}


static ngx_int_t
ngx_zos_run_got(ngx_zos_flow_t *f)
{
    ngx_int_t    rc;
    ngx_str_t    run;

    static const ngx_str_t  name = ngx_string("runid");

    rc = ngx_zos_ays_result(f, &run);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "run \"%V\" is not known",
                            ngx_zos_flow_arg(f, &name));
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_run_show(f, ngx_zos_flow_arg(f, &name), &run);
}


static ngx_int_t
ngx_zos_run_show(ngx_zos_flow_t *f, ngx_str_t *id, ngx_str_t *run)
{
    ngx_str_t      state, reason;
    ngx_zos_out_t  out;

    static const ngx_str_t  path = ngx_string("state");

    if (ngx_zos_json_type(run) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(run, &path, &state) != NGX_OK
        || ngx_zos_json_type(&state) != NGX_ZOS_JSON_STRING)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"runid\":");
    ngx_zos_out_string(&out, id);
    ngx_zos_out_literal(&out, ",\"state\":");
    ngx_zos_out_str(&out, &state);

    if (state.len == 7 && ngx_memcmp(state.data, "\"error\"", 7) == 0) {
        ngx_zos_run_reason(f, run, &reason);

        if (reason.len) {
            ngx_zos_out_literal(&out, ",\"error\":");
            ngx_zos_out_string(&out, &reason);
        }
    }

    ngx_zos_out_literal(&out, "}");

    return ngx_zos_out_done(&out, &f->body);
}


/*
 * RFC 7240.  The caller has the answer then, and the flow goes on; the
 * connection can't be used again before it ends, so it is not kept.
 */

ngx_int_t
ngx_zos_change_accept(ngx_zos_flow_t *f)
{
    ngx_int_t   rc;

    if (f->answered || !ngx_zos_prefers_async(f->request)) {
        return NGX_OK;
    }

    if (ngx_zos_accepted(f) != NGX_OK) {
        return NGX_ERROR;
    }

    f->request->keepalive = 0;

    rc = ngx_zos_reply(f);

    f->answered = 1;
    f->status = 0;
    ngx_str_null(&f->body);
    ngx_str_null(&f->location);

    /* a caller who left does not stop it */

    if (rc == NGX_ERROR || rc > NGX_OK) {
        f->gone = 1;
        f->request->connection->error = 0;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_prefers_async(ngx_http_request_t *r)
{
    ngx_str_t   value;
    ngx_uint_t  n;

    for (n = 0; ngx_zos_request_header(r, "Prefer", n, &value) == NGX_OK; n++)
    {
        if (ngx_strlcasestrn(value.data, value.data + value.len,
                             (u_char *) "respond-async", 13 - 1))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_zos_accepted(ngx_zos_flow_t *f)
{
    ngx_str_t         *run;
    ngx_zos_out_t      out;

    static ngx_str_t   applied = ngx_string("respond-async");

    run = &f->ays->change->run;

    if (ngx_zos_add_header(f->request, "Preference-Applied", &applied)
        != NGX_OK
        || ngx_zos_ays_path(f, &f->location, "/runs/%V", run) != NGX_OK
        || ngx_zos_out_init(&out, f->request->pool, 128) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"runid\":");
    ngx_zos_out_string(&out, run);
    ngx_zos_out_literal(&out, ",\"state\":\"scheduled\"}");

    f->status = 202;

    return ngx_zos_out_done(&out, &f->body);
}
