
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Answers that are made of more than one result of AYS.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>

#include <jansson.h>


json_t *
ngx_zos_named_result(ngx_zos_flow_t *f)
{
    size_t       i;
    json_t      *list, *item, *named;
    ngx_int_t    rc;
    ngx_str_t    result;
    const char  *name;

    rc = ngx_zos_ays_result(f, &result);

    if (rc == NGX_ERROR) {
        return NULL;
    }

    named = ngx_zos_keep_json(f, json_object());

    if (named == NULL || rc == NGX_DECLINED) {
        return named;
    }

    list = ngx_zos_json_load(&result, 0);

    if (!json_is_array(list)) {
        json_decref(list);

        (void) ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
        return NULL;
    }

    json_array_foreach(list, i, item) {
        name = json_string_value(json_object_get(item, "name"));

        if (name) {
            json_object_set(named, name, json_object_get(item, "data"));
        }
    }

    json_decref(list);

    return named;
}


ngx_int_t
ngx_zos_show_json(ngx_zos_flow_t *f, json_t *source)
{
    ngx_int_t      rc;
    ngx_str_t      text;
    ngx_zos_out_t  out;

    if (source == NULL
        || ngx_zos_out_init(&out, f->request->pool, 4096) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_json(&out, source);

    if (ngx_zos_out_done(&out, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_zos_view(f, f->op->view, &text, &f->body);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    return rc;
}
