
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_job_running(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_ended(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_again(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_absent(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_job_unknown(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_put_running(ngx_zos_flow_t *f,
    ngx_str_t *job);
static ngx_int_t ngx_zos_job_put_ended(ngx_zos_flow_t *f);
static void ngx_zos_job_put(ngx_zos_out_t *out, char *name,
    ngx_str_t *value, char *absent);
static ngx_int_t ngx_zos_job_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_job_killed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_check_gone(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_jobs_killed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_signalled(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_start(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_started(ngx_zos_flow_t *f);
static json_t *ngx_zos_job_args(ngx_zos_flow_t *f);
static json_t *ngx_zos_job_environment(json_t *list);
static ngx_uint_t ngx_zos_job_stream(ngx_zos_flow_t *f);


/*
 * A job may end between the look among the running ones and the look for its
 * result; where there is a flag but no result yet, both are taken once more.
 */

const ngx_zos_step_pt  ngx_zos_steps_get_job[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_job_running,
    ngx_zos_job_ended,
    ngx_zos_step_command,
    ngx_zos_job_running,
    ngx_zos_job_again,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_kill_job[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_job_killed,
    ngx_zos_job_check_gone,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_kill_all_jobs[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_jobs_killed,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_start_job[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_job_start,
    ngx_zos_job_started,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_signal_job[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_job_signalled,
    NULL
};


/* the job.list call itself, which every job list contains */

ngx_uint_t
ngx_zos_job_skip(ngx_zos_flow_t *f, ngx_str_t *job)
{
    ngx_str_t  id, text;

    static const ngx_str_t  path = ngx_string("cmd.id");

    if (ngx_zos_json_get(job, &path, &id) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &id, &text) != NGX_OK)
    {
        return 0;
    }

    return text.len == f->call->id.len
           && ngx_memcmp(text.data, f->call->id.data, text.len) == 0;
}


static ngx_int_t
ngx_zos_job_running(ngx_zos_flow_t *f)
{
    ngx_str_t            key, job, *id;
    ngx_zos_call_t      *call;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  name = ngx_string("jobid");

    call = f->call;

    if (call->error == NGX_ZOS_OK) {

        if (ngx_zos_flow_expect(f, NGX_ZOS_JSON_ARRAY) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_json_iter(&it, &call->result.data);

        if (ngx_zos_json_next(&it, &key, &job) == NGX_OK) {
            return ngx_zos_job_put_running(f, &job);
        }

    } else if (!ngx_zos_job_unknown(f)) {
        return ngx_zos_flow_check(f);
    }

    id = ngx_zos_flow_arg(f, &name);

    return ngx_zos_flow_lookup(f, id);
}


/* "Process with id '...' doesn't exist": the one error that leads on */

static ngx_uint_t
ngx_zos_job_unknown(ngx_zos_flow_t *f)
{
    return ngx_zos_flow_says(f, "exist")
           || (f->call->error == NGX_ZOS_FAILED
               && f->call->result.code == 404);
}


static ngx_int_t
ngx_zos_job_ended(ngx_zos_flow_t *f)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->call->reply[1].type == NGX_ZOS_RESP_STRING) {
        return ngx_zos_job_put_ended(f);
    }

    if (f->call->reply[0].type == NGX_ZOS_RESP_INTEGER
        && f->call->reply[0].integer > 0)
    {
        return NGX_OK;
    }

    return ngx_zos_job_absent(f);
}


static ngx_int_t
ngx_zos_job_again(ngx_zos_flow_t *f)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->call->reply[1].type == NGX_ZOS_RESP_STRING) {
        return ngx_zos_job_put_ended(f);
    }

    return ngx_zos_job_absent(f);
}


static ngx_int_t
ngx_zos_job_absent(ngx_zos_flow_t *f)
{
    static const ngx_str_t  name = ngx_string("jobid");

    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                        "there is no job \"%V\"",
                        ngx_zos_flow_arg(f, &name));
}


static ngx_int_t
ngx_zos_job_put_running(ngx_zos_flow_t *f, ngx_str_t *job)
{
    ngx_str_t      id, command, starttime;
    ngx_zos_out_t  out;

    static const ngx_str_t  id_path = ngx_string("cmd.id");
    static const ngx_str_t  command_path = ngx_string("cmd.command");
    static const ngx_str_t  starttime_path = ngx_string("starttime");

    if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_zos_json_get(job, &id_path, &id);
    (void) ngx_zos_json_get(job, &command_path, &command);
    (void) ngx_zos_json_get(job, &starttime_path, &starttime);

    ngx_zos_out_literal(&out, "{\"level\":0,\"state\":\"running\"");
    ngx_zos_job_put(&out, ",\"id\":", &id, "\"\"");
    ngx_zos_job_put(&out, ",\"name\":", &command, "\"\"");
    ngx_zos_job_put(&out, ",\"startTime\":", &starttime, "0");
    ngx_zos_out_literal(&out, "}");

    return ngx_zos_job_answer(f, &out);
}


static ngx_int_t
ngx_zos_job_put_ended(ngx_zos_flow_t *f)
{
    size_t              i;
    ngx_str_t          *id, state;
    ngx_zos_out_t       out;
    ngx_zos_result_t   *result;

    static const ngx_str_t  name = ngx_string("jobid");

    id = ngx_zos_flow_arg(f, &name);
    result = &f->call->result;

    ngx_zos_call_decode(f->call, &f->call->reply[1].str, id);

    if (result->id.len == 0) {
        f->call->error = NGX_ZOS_PROTOCOL;
        return ngx_zos_flow_check(f);
    }

    /* results of all the containers of a node share one key space */

    if (result->container != (int64_t) f->container) {
        return ngx_zos_job_absent(f);
    }

    if (ngx_zos_out_init(&out, f->request->pool,
                         256 + result->raw.len + result->out.len
                         + result->err.len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the documented spelling of what old nodes spell otherwise */

    if (result->state.len == 13
        && ngx_strncmp(result->state.data, "DUPILICATE_ID", 13) == 0)
    {
        ngx_str_set(&state, "duplicate_id");

    } else {
        state.len = result->state.len;
        state.data = ngx_pnalloc(f->request->pool, state.len);

        if (state.data == NULL) {
            return NGX_ERROR;
        }

        for (i = 0; i < state.len; i++) {
            state.data[i] = ngx_tolower(result->state.data[i]);
        }
    }

    ngx_zos_out_literal(&out, "{\"id\":");
    ngx_zos_out_string(&out, &result->id);
    ngx_zos_out_literal(&out, ",\"name\":");
    ngx_zos_out_string(&out, &result->command);
    ngx_zos_out_literal(&out, ",\"level\":");
    ngx_zos_out_integer(&out, result->level);
    ngx_zos_out_literal(&out, ",\"startTime\":");
    ngx_zos_out_integer(&out, result->starttime);
    ngx_zos_out_literal(&out, ",\"state\":");
    ngx_zos_out_string(&out, &state);
    ngx_zos_job_put(&out, ",\"data\":", &result->raw, "\"\"");
    ngx_zos_job_put(&out, ",\"stderr\":", &result->err, "\"\"");
    ngx_zos_job_put(&out, ",\"stdout\":", &result->out, "\"\"");
    ngx_zos_out_literal(&out, "}");

    return ngx_zos_job_answer(f, &out);
}


static void
ngx_zos_job_put(ngx_zos_out_t *out, char *name, ngx_str_t *value,
    char *absent)
{
    ngx_zos_out(out, (u_char *) name, ngx_strlen(name));

    if (value->len) {
        ngx_zos_out_str(out, value);

    } else {
        ngx_zos_out(out, (u_char *) absent, ngx_strlen(absent));
    }
}


static ngx_int_t
ngx_zos_job_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_int_t  rc;
    ngx_str_t  source;

    if (ngx_zos_out_done(out, &source) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_zos_view(f, f->op->view, &source, &f->body);

    if (rc == NGX_DECLINED) {
        f->call->error = NGX_ZOS_PROTOCOL;
        return ngx_zos_flow_check(f);
    }

    return rc == NGX_OK ? NGX_DONE : rc;
}


/*
 * "false" is a job that is not there any more, which is what was asked for.
 * Older nodes never answer when the job dies before they have noted down who
 * killed it: then the list of jobs tells.
 */

static ngx_int_t
ngx_zos_job_killed(ngx_zos_flow_t *f)
{
    ngx_str_t      args, *id;
    ngx_zos_out_t  out;

    static const ngx_str_t  name = ngx_string("jobid");
    static const ngx_str_t  list = ngx_string("job.list");

    if (f->call->error != NGX_ZOS_TIMEOUT) {
        return ngx_zos_flow_check(f) == NGX_OK ? NGX_DONE : NGX_ERROR;
    }

    id = ngx_zos_flow_arg(f, &name);

    if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"id\":");
    ngx_zos_out_string(&out, id);
    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &list, &args);
}


static ngx_int_t
ngx_zos_job_check_gone(ngx_zos_flow_t *f)
{
    if (f->call->error == NGX_ZOS_OK) {
        f->call->error = NGX_ZOS_TIMEOUT;
        return ngx_zos_flow_check(f);
    }

    return ngx_zos_job_unknown(f) ? NGX_DONE : ngx_zos_flow_check(f);
}


/* on older nodes it ends the very job that it is */

static ngx_int_t
ngx_zos_jobs_killed(ngx_zos_flow_t *f)
{
    ngx_str_t  *state;

    state = &f->call->result.state;

    if (f->call->error == NGX_ZOS_FAILED && state->len == 6
        && ngx_strncmp(state->data, "KILLED", 6) == 0)
    {
        return NGX_DONE;
    }

    return ngx_zos_flow_check(f) == NGX_OK ? NGX_DONE : NGX_ERROR;
}


static ngx_int_t
ngx_zos_job_signalled(ngx_zos_flow_t *f)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->call->result.data.len == 5
        && ngx_strncmp(f->call->result.data.data, "false", 5) == 0)
    {
        return ngx_zos_job_absent(f);
    }

    return NGX_OK;
}


/* ---- starting a program ---- */

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
    call->stream = ngx_zos_job_stream(f);
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


static ngx_uint_t
ngx_zos_job_stream(ngx_zos_flow_t *f)
{
    ngx_str_t  value;

    if (json_is_true(json_object_get(f->json, "stream"))) {
        return 1;
    }

    return ngx_http_arg(f->request, (u_char *) "stream", 6, &value) == NGX_OK
           && value.len && *value.data != '0' && *value.data != 'f';
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
