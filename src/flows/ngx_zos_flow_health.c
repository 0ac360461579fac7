
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Health: the worst message of all the checks of a node or a cluster.  Those
 * that were not checked yet are listed, too.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


/* from good to bad; what is unknown is between WARNING and ERROR */

typedef enum {
    NGX_ZOS_HEALTH_SKIPPED = 0,
    NGX_ZOS_HEALTH_OK,
    NGX_ZOS_HEALTH_WARNING,
    NGX_ZOS_HEALTH_OTHER,
    NGX_ZOS_HEALTH_ERROR
} ngx_zos_health_e;


static ngx_int_t ngx_zos_health_listed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_health_checks(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_health_show(ngx_zos_flow_t *f);
static const char *ngx_zos_health_worst(json_t *checks);
static ngx_uint_t ngx_zos_health_rank(const char *status);


const ngx_zos_step_pt  ngx_zos_steps_health[] = {
    ngx_zos_step_list,
    ngx_zos_health_listed,
    ngx_zos_health_checks,
    ngx_zos_health_show,
    NULL
};


static ngx_int_t
ngx_zos_health_listed(ngx_zos_flow_t *f)
{
    f->ctx = ngx_zos_named_result(f);

    return f->ctx ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_zos_health_checks(ngx_zos_flow_t *f)
{
    static ngx_str_t  query = ngx_string("fields=healthchecks");

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_HEALTHCHECK, &query);
}


static ngx_int_t
ngx_zos_health_show(ngx_zos_flow_t *f)
{
    u_char      *p;
    json_t      *checks, *list, *item, *data, *own;
    const char  *id;
    u_char       name[256];

    checks = ngx_zos_named_result(f);
    list = ngx_zos_keep_json(f, json_array());

    if (checks == NULL || list == NULL) {
        return NGX_ERROR;
    }

    json_object_foreach((json_t *) f->ctx, id, data) {

        p = ngx_snprintf(name, sizeof(name) - 1, "%s_%s",
                         f->op->ays->target.role == NGX_ZOS_ROLE_NODE
                         ? "node" : "storagecluster.block", id);
        *p = '\0';

        own = json_object_get(json_object_get(checks, (char *) name),
                              "healthchecks");

        item = json_pack("{s:s,s:s}", "id", id, "status",
                         ngx_zos_health_worst(own));

        json_object_set(item, "hostname", json_object_get(data, "hostname"));
        json_array_append_new(list, item);
    }

    return ngx_zos_show_json(f, list);
}


static const char *
ngx_zos_health_worst(json_t *checks)
{
    size_t       i, j;
    json_t      *check, *message;
    ngx_uint_t   rank, worst;
    const char  *status, *text;

    worst = NGX_ZOS_HEALTH_SKIPPED;
    text = "SKIPPED";

    json_array_foreach(checks, i, check) {

        json_array_foreach(json_object_get(check, "messages"), j, message) {

            status = json_string_value(json_object_get(message, "status"));
            rank = ngx_zos_health_rank(status);

            if (rank > worst) {
                worst = rank;
                text = status;
            }
        }
    }

    return text;
}


static ngx_uint_t
ngx_zos_health_rank(const char *status)
{
    if (status == NULL || ngx_strcmp(status, "SKIPPED") == 0) {
        return NGX_ZOS_HEALTH_SKIPPED;
    }

    if (ngx_strcmp(status, "OK") == 0) {
        return NGX_ZOS_HEALTH_OK;
    }

    if (ngx_strcmp(status, "WARNING") == 0) {
        return NGX_ZOS_HEALTH_WARNING;
    }

    return ngx_strcmp(status, "ERROR") == 0 ? NGX_ZOS_HEALTH_ERROR
                                            : NGX_ZOS_HEALTH_OTHER;
}


/* AYS has a float, "1.5110937e+09" */

ngx_int_t
ngx_zos_health_time(ngx_zos_flow_t *f, ngx_str_t *check, ngx_zos_out_t *out)
{
    double      time;
    json_t     *number;
    ngx_str_t   value;

    static const ngx_str_t  path = ngx_string("lasttime");

    number = NULL;

    if (ngx_zos_json_get(check, &path, &value) == NGX_OK) {
        number = ngx_zos_json_load(&value, JSON_DECODE_ANY);
    }

    time = json_number_value(number);

    json_decref(number);

    ngx_zos_out_integer(out, time >= 0 && time < 9e15
                             ? (int64_t) (time + 0.5) : 0);

    return NGX_OK;
}


/* a traceback has addresses and tokens in it; its last line says what it is */

ngx_int_t
ngx_zos_health_stacktrace(ngx_zos_flow_t *f, ngx_str_t *check,
    ngx_zos_out_t *out)
{
    ngx_str_t  value, text;

    static const ngx_str_t  path = ngx_string("stacktrace");

    if (ngx_zos_json_get(check, &path, &value) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &value, &text) != NGX_OK
        || text.len == 0)
    {
        ngx_zos_out_literal(out, "\"\"");
        return NGX_OK;
    }

    ngx_zos_ays_clean(f, &text);
    ngx_zos_out_string(out, &text);

    return NGX_OK;
}
