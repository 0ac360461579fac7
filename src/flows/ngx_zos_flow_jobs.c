
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_job_running(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_ended(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_again(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_put_running(ngx_zos_flow_t *f,
    ngx_str_t *job);
static ngx_int_t ngx_zos_job_put_ended(ngx_zos_flow_t *f);
static void ngx_zos_job_put(ngx_zos_out_t *out, char *name,
    ngx_str_t *value, char *absent);
static ngx_int_t ngx_zos_job_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out,
    ngx_str_t *text);
static ngx_int_t ngx_zos_job_state(ngx_zos_flow_t *f, ngx_str_t *wire,
    ngx_str_t *state);
static ngx_int_t ngx_zos_job_killed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_look(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_check_gone(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_jobs_killed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_signalled(ngx_zos_flow_t *f);


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
    ngx_zos_step_container,      /* the connection is gone, and all it told */
    ngx_zos_step_container_found,
    ngx_zos_job_look,
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

    if (!ngx_zos_job_unknown(f)) {

        if (ngx_zos_flow_list(f) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_json_iter(&it, &call->result.data);

        if (ngx_zos_json_next(&it, &key, &job) == NGX_OK) {
            return ngx_zos_job_put_running(f, &job);
        }
    }

    id = ngx_zos_flow_arg(f, &name);

    return ngx_zos_flow_lookup(f, id);
}


/* "Process with id '...' doesn't exist": the one error that leads on */

ngx_uint_t
ngx_zos_job_unknown(ngx_zos_flow_t *f)
{
    return (ngx_zos_flow_says(f, "process with id")
            && ngx_zos_flow_says(f, "exist"))
           || (ngx_zos_flow_says(f, "job '")
               && ngx_zos_flow_says(f, "does not exist"))
           || (f->call->error == NGX_ZOS_FAILED
               && f->call->result.code == 404);
}


static ngx_int_t
ngx_zos_job_ended(ngx_zos_flow_t *f)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    /* "job:flag" is no job, though there is a "result:job:flag" */

    if (f->call->reply[0].type != NGX_ZOS_RESP_INTEGER
        || f->call->reply[0].integer == 0)
    {
        return ngx_zos_job_absent(f);
    }

    if (f->call->reply[1].type == NGX_ZOS_RESP_STRING) {
        return ngx_zos_job_put_ended(f);
    }

    return NGX_OK;
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


ngx_int_t
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
    ngx_int_t      rc;
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

    rc = ngx_zos_job_answer(f, &out, &f->body);

    return rc == NGX_OK ? NGX_DONE : rc;
}


static ngx_int_t
ngx_zos_job_put_ended(ngx_zos_flow_t *f)
{
    ngx_int_t  rc;

    rc = ngx_zos_job_result(f, &f->call->reply[1].str, &f->body);

    return rc == NGX_OK ? NGX_DONE : rc;
}


/* an envelope, as the JobResult of the API */

ngx_int_t
ngx_zos_job_result(ngx_zos_flow_t *f, ngx_str_t *envelope, ngx_str_t *text)
{
    ngx_str_t          *id, state;
    ngx_zos_out_t       out;
    ngx_zos_result_t   *result;

    static const ngx_str_t  name = ngx_string("jobid");

    id = ngx_zos_flow_arg(f, &name);
    result = &f->call->result;

    ngx_zos_call_decode(f->call, envelope, id);

    if (result->id.len == 0) {
        f->call->error = NGX_ZOS_PROTOCOL;
        return ngx_zos_flow_check(f);
    }

    /* results of all the containers of a node share one key space */

    if (result->container != (int64_t) f->container) {
        return ngx_zos_job_absent(f);
    }

    if (ngx_zos_job_state(f, &result->state, &state) != NGX_OK
        || ngx_zos_out_init(&out, f->request->pool,
                            256 + result->raw.len + result->out.len
                            + result->err.len)
           != NGX_OK)
    {
        return NGX_ERROR;
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

    return ngx_zos_job_answer(f, &out, text);
}


/* in the documented spelling; that of older nodes has a slip in it */

static ngx_int_t
ngx_zos_job_state(ngx_zos_flow_t *f, ngx_str_t *wire, ngx_str_t *state)
{
    if (wire->len == 13
        && ngx_strncmp(wire->data, "DUPILICATE_ID", 13) == 0)
    {
        ngx_str_set(state, "duplicate_id");
        return NGX_OK;
    }

    state->len = wire->len;
    state->data = ngx_pnalloc(f->request->pool, wire->len);

    if (state->data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(state->data, wire->data, wire->len);

    return NGX_OK;
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
ngx_zos_job_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out, ngx_str_t *text)
{
    ngx_int_t  rc;
    ngx_str_t  source;

    if (ngx_zos_out_done(out, &source) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_zos_view(f, &ngx_zos_job_view, &source, text);

    if (rc == NGX_DECLINED) {
        f->call->error = NGX_ZOS_PROTOCOL;
        return ngx_zos_flow_check(f);
    }

    return rc;
}


/*
 * "false" is a job that is not there any more, which is what was asked for.
 * Older nodes never answer when the job dies before they have noted down who
 * killed it: then the list of jobs tells.
 */

static ngx_int_t
ngx_zos_job_killed(ngx_zos_flow_t *f)
{
    if (f->call->error != NGX_ZOS_TIMEOUT) {
        return ngx_zos_flow_check(f) == NGX_OK ? NGX_DONE : NGX_ERROR;
    }

    f->committed = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_job_look(ngx_zos_flow_t *f)
{
    ngx_str_t      args;
    ngx_zos_out_t  out;

    static const ngx_str_t  name = ngx_string("jobid");
    static const ngx_str_t  list = ngx_string("job.list");

    if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"id\":");
    ngx_zos_out_string(&out, ngx_zos_flow_arg(f, &name));
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

    /* a node's jobs are its containers, too */

    if (f->container == 0) {
        ngx_zos_zone_forget(f->peer.zone, &f->peer.node);
    }

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
