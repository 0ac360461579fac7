
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Starting a program in a container, as a job that nobody waits for.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_job_start(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_started(ngx_zos_flow_t *f);
static json_t *ngx_zos_job_args(ngx_zos_flow_t *f);
static json_t *ngx_zos_job_environment(json_t *list);
static ngx_int_t ngx_zos_job_stream(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_start_job[] = {
    ngx_zos_job_stream,
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_job_start,
    ngx_zos_job_started,
    NULL
};


ngx_int_t
ngx_zos_check_environment(ngx_str_t *value)
{
    u_char  *equal;

    equal = ngx_strlchr(value->data, value->data + value->len, '=');

    return equal == NULL || equal == value->data ? NGX_DECLINED : NGX_OK;
}


/* only its way into the container is waited for, and its id */

static ngx_int_t
ngx_zos_job_start(ngx_zos_flow_t *f)
{
    char            *text;
    json_t          *args, *max_time;
    ngx_int_t        rc;
    ngx_str_t        json;
    ngx_zos_call_t  *call;

    static const ngx_str_t  command = ngx_string("core.system");

    call = ngx_zos_flow_new_call(f);
    args = ngx_zos_job_args(f);
    text = args ? json_dumps(args, JSON_COMPACT) : NULL;

    json_decref(args);

    if (call == NULL || text == NULL) {
        free(text);
        return NGX_ERROR;
    }

    max_time = json_object_get(f->json, "max_time");

    call->start = 1;
    call->stream = *(ngx_uint_t *) f->ctx ? 1 : 0;
    call->max_time = (ngx_uint_t) json_integer_value(max_time);

    json.data = (u_char *) text;
    json.len = ngx_strlen(text);

    rc = ngx_zos_call_command(call, &command, &json);

    free(text);

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


static json_t *
ngx_zos_job_args(ngx_zos_flow_t *f)
{
    json_t                 *args, *value;
    ngx_uint_t              i;
    const ngx_zos_field_t  *field;

    /* by the place of the field in ngx_zos_job_start_fields */

    static const char  *names[] = { "name", "dir", "args", "env", "stdin" };

    args = json_object();

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        field = &ngx_zos_job_start_fields[i];
        value = ngx_zos_schema_get(f->json, field);

        if (field->alias.len) {
            value = ngx_zos_job_environment(value);

        } else if (value) {
            json_incref(value);

        } else {
            value = field->type == NGX_ZOS_STRINGS ? json_array()
                                                   : json_string("");
        }

        if (json_object_set_new(args, names[i], value) != 0) {
            json_decref(args);
            return NULL;
        }
    }

    return args;
}


/* "A=b=c": the value has all behind the first one */

static json_t *
ngx_zos_job_environment(json_t *list)
{
    char        *equal;
    size_t       i, len;
    json_t      *environment, *item, *value;
    const char  *text;

    environment = json_object();

    json_array_foreach(list, i, item) {
        text = json_string_value(item);
        len = json_string_length(item);
        equal = strchr(text, '=');

        value = json_stringn(equal + 1, len - (equal + 1 - text));

        if (json_object_setn_new(environment, text, equal - text, value)
            != 0)
        {
            json_decref(environment);
            return NULL;
        }
    }

    return environment;
}


/* in the query or in the body; before anything is asked of the node */

static ngx_int_t
ngx_zos_job_stream(ngx_zos_flow_t *f)
{
    ngx_str_t     value;
    ngx_uint_t   *stream;

    static const ngx_str_t  name = ngx_string("stream");

    stream = ngx_palloc(f->request->pool, sizeof(ngx_uint_t));
    if (stream == NULL) {
        return NGX_ERROR;
    }

    f->ctx = stream;
    *stream = json_is_true(json_object_get(f->json, "stream"));

    if (ngx_zos_flow_query_arg(f, &name, &value) != NGX_OK) {
        return NGX_OK;
    }

    if ((value.len == 1 && *value.data == '1')
        || (value.len == 4 && ngx_strncmp(value.data, "true", 4) == 0))
    {
        *stream = 1;
        return NGX_OK;
    }

    if (value.len == 0 || (value.len == 1 && *value.data == '0')
        || (value.len == 5 && ngx_strncmp(value.data, "false", 5) == 0))
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                        "stream must be true or false");
}


static ngx_int_t
ngx_zos_job_started(ngx_zos_flow_t *f)
{
    ngx_str_t  *node, *container;

    static const ngx_str_t  node_name = ngx_string("nodeid");
    static const ngx_str_t  container_name = ngx_string("containername");

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    /* it goes into a header */

    if (ngx_zos_check_job_id(&f->call->id) != NGX_OK) {
        f->call->error = NGX_ZOS_PROTOCOL;
        return ngx_zos_flow_check(f);
    }

    node = ngx_zos_flow_arg(f, &node_name);
    container = ngx_zos_flow_arg(f, &container_name);

    f->job.len = f->call->id.len;
    f->job.data = ngx_pstrdup(f->request->pool, &f->call->id);

    if (f->job.data == NULL) {
        return NGX_ERROR;
    }

    f->location.len = sizeof("/nodes//containers//jobs/") - 1
                      + node->len + container->len + f->job.len;
    f->location.data = ngx_pnalloc(f->request->pool, f->location.len);

    if (f->location.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(f->location.data, "/nodes/%V/containers/%V/jobs/%V",
                node, container, &f->job);

    return NGX_OK;
}
