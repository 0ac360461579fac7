
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What becomes of a change: its jobs and its run are followed to their end,
 * with pauses that grow, up to the deadline.
 *
 * Another gateway's run may have taken our action, and ours its.  So what
 * counts is our own job; where our run has none, the state of the action.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


#define NGX_ZOS_RUN_LOST     8       /* looks without an answer, one by one */


typedef ngx_uint_t (*ngx_zos_run_match_pt)(ngx_zos_flow_t *f,
    ngx_zos_run_job_t *job);


static ngx_int_t ngx_zos_run_find(ngx_zos_flow_t *f, ngx_str_t *run,
    ngx_zos_run_match_pt match, ngx_zos_run_job_t *job);
static ngx_int_t ngx_zos_run_job(ngx_zos_flow_t *f, ngx_str_t *text,
    ngx_zos_run_job_t *job);
static ngx_uint_t ngx_zos_run_of_target(ngx_zos_flow_t *f,
    ngx_zos_run_job_t *job);
static ngx_uint_t ngx_zos_run_match_own(ngx_zos_flow_t *f,
    ngx_zos_run_job_t *job);
static ngx_uint_t ngx_zos_run_match_failed(ngx_zos_flow_t *f,
    ngx_zos_run_job_t *job);
static ngx_int_t ngx_zos_job_next(ngx_zos_flow_t *f, ngx_str_t *key);
static ngx_int_t ngx_zos_job_again(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_job_aside(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_run_retries(ngx_str_t *run);
static ngx_int_t ngx_zos_run_ended(ngx_zos_flow_t *f, ngx_str_t *run,
    ngx_uint_t ok);
static ngx_int_t ngx_zos_job_failed(ngx_zos_flow_t *f,
    ngx_zos_run_job_t *job);
static ngx_uint_t ngx_zos_job_reason(ngx_zos_flow_t *f, ngx_str_t *job,
    ngx_str_t *reason);
static void ngx_zos_job_last_log(ngx_zos_flow_t *f, ngx_str_t *job,
    ngx_str_t *reason);


ngx_int_t
ngx_zos_change_pause(ngx_zos_flow_t *f, ngx_zos_step_pt step)
{
    ngx_msec_t         pause;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if ((ngx_msec_int_t) (change->deadline - ngx_current_msec) <= 0) {

        change->late = 1;

        if (change->run.len == 0) {
            return ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "run timeout",
                                "AYS is still at work, and goes on");
        }

        return ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "run timeout",
                            "run \"%V\" is not done yet and goes on, see "
                            "/runs/%V", &change->run, &change->run);
    }

    pause = change->pause;
    change->pause = ngx_min(pause * 2, f->conf->ays_run_interval[1]);

    return ngx_zos_flow_goto(f, step, pause);
}


/* ---- jobs in a run ---- */

static ngx_int_t
ngx_zos_run_find(ngx_zos_flow_t *f, ngx_str_t *run,
    ngx_zos_run_match_pt match, ngx_zos_run_job_t *job)
{
    ngx_str_t            steps, jobs, key, step, item;
    ngx_zos_json_iter_t  i, j;

    static const ngx_str_t  steps_path = ngx_string("steps");
    static const ngx_str_t  jobs_path = ngx_string("jobs");

    if (ngx_zos_json_type(run) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(run, &steps_path, &steps) != NGX_OK
        || ngx_zos_json_type(&steps) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_DECLINED;
    }

    ngx_zos_json_iter(&i, &steps);

    while (ngx_zos_json_next(&i, &key, &step) == NGX_OK) {

        if (ngx_zos_json_type(&step) != NGX_ZOS_JSON_OBJECT
            || ngx_zos_json_get(&step, &jobs_path, &jobs) != NGX_OK
            || ngx_zos_json_type(&jobs) != NGX_ZOS_JSON_ARRAY)
        {
            continue;
        }

        ngx_zos_json_iter(&j, &jobs);

        while (ngx_zos_json_next(&j, &key, &item) == NGX_OK) {

            if (ngx_zos_run_job(f, &item, job) == NGX_OK && match(f, job)) {
                return NGX_OK;
            }
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_zos_run_job(ngx_zos_flow_t *f, ngx_str_t *text, ngx_zos_run_job_t *job)
{
    ngx_str_t   value, *values[7];
    ngx_uint_t  i;

    /* in a run it is "actor_name" */

    static const ngx_str_t  paths[] = {
        ngx_string("key"),
        ngx_string("service_name"),
        ngx_string("service_key"),
        ngx_string("actor"),
        ngx_string("actor_name"),
        ngx_string("action_name"),
        ngx_string("state")
    };

    if (ngx_zos_json_type(text) != NGX_ZOS_JSON_OBJECT) {
        return NGX_DECLINED;
    }

    job->text = *text;

    values[0] = &job->key;
    values[1] = &job->service;
    values[2] = &job->service_key;
    values[3] = &job->actor;
    values[4] = &job->actor;
    values[5] = &job->action;
    values[6] = &job->state;

    ngx_memzero(job, offsetof(ngx_zos_run_job_t, text));

    for (i = 0; i < 7; i++) {
        if (ngx_zos_json_get(text, &paths[i], &value) == NGX_OK
            && ngx_zos_json_string(f->request->pool, &value, values[i])
               == NGX_ERROR)
        {
            ngx_str_null(values[i]);
        }
    }

    return NGX_OK;
}


/* services of other kinds may have the same name */

static ngx_uint_t
ngx_zos_run_of_target(ngx_zos_flow_t *f, ngx_zos_run_job_t *job)
{
    const ngx_str_t   *actor;
    ngx_zos_change_t  *change;

    change = f->ays->change;
    actor = &ngx_zos_role(f, ngx_zos_target_role(f))->actor;

    return job->service.len == change->name.len
           && ngx_memcmp(job->service.data, change->name.data,
                         change->name.len) == 0
           && (job->actor.len == 0
               || (job->actor.len == actor->len
                   && ngx_memcmp(job->actor.data, actor->data, actor->len)
                      == 0));
}


ngx_int_t
ngx_zos_run_own_job(ngx_zos_flow_t *f, ngx_str_t *run, ngx_zos_run_job_t *job)
{
    if (ngx_zos_action(f)->len == 0) {

        /* no job of its own: one without a state */

        ngx_memzero(job, sizeof(ngx_zos_run_job_t));
        return NGX_OK;
    }

    return ngx_zos_run_find(f, run, ngx_zos_run_match_own, job);
}


static ngx_uint_t
ngx_zos_run_match_own(ngx_zos_flow_t *f, ngx_zos_run_job_t *job)
{
    const ngx_str_t  *action;

    action = ngx_zos_action(f);

    return ngx_zos_run_of_target(f, job)
           && job->action.len == action->len
           && ngx_memcmp(job->action.data, action->data, action->len) == 0;
}


static ngx_uint_t
ngx_zos_run_match_failed(ngx_zos_flow_t *f, ngx_zos_run_job_t *job)
{
    return ngx_zos_is_text(&job->state, "error");
}


/* ---- jobs of the execution itself ---- */

ngx_int_t
ngx_zos_step_job(ngx_zos_flow_t *f)
{
    ngx_str_t          key, path;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    /* whose it is must be known before it is removed, if AYS has said */

    if ((change->failed && !change->fresh)
        || ngx_zos_job_next(f, &key) != NGX_OK)
    {
        change->tries = 0;
        change->pause = f->conf->ays_run_interval[0];

        return ngx_zos_change_skip(f, ngx_zos_step_poll);
    }

    if (ngx_zos_ays_path(f, &path, "/job/%V", &key) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_GET, &path, NULL, NULL);
}


/* they are listed without saying whose they are */

static ngx_int_t
ngx_zos_job_next(ngx_zos_flow_t *f, ngx_str_t *key)
{
    ngx_str_t            none, item;
    ngx_uint_t           n;
    ngx_zos_change_t    *change;
    ngx_zos_json_iter_t  it;

    change = f->ays->change;

    if (change->jobs.len == 0) {
        return NGX_DECLINED;
    }

    ngx_zos_json_iter(&it, &change->jobs);

    for (n = 0; ngx_zos_json_next(&it, &none, &item) == NGX_OK; n++) {

        if (n < change->job) {
            continue;
        }

        if (ngx_zos_json_string(f->request->pool, &item, key) == NGX_OK
            && ngx_zos_check_name(key) == NGX_OK)
        {
            return NGX_OK;
        }

        change->job++;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_zos_step_job_found(ngx_zos_flow_t *f)
{
    ngx_int_t           rc;
    ngx_str_t           value;
    ngx_zos_change_t   *change;
    ngx_zos_run_job_t   job;

    change = f->ays->change;
    rc = ngx_zos_ays_result(f, &value);

    if (ngx_zos_run_lost(f, rc)) {
        return ngx_zos_job_again(f);
    }

    if (rc == NGX_ERROR) {

        /* whose it was is not known */

        change->foreign |= change->fresh;

        return ngx_zos_job_aside(f);
    }

    if (rc == NGX_DECLINED || ngx_zos_run_job(f, &value, &job) != NGX_OK
        || !ngx_zos_run_of_target(f, &job))
    {
        change->job++;
        return ngx_zos_flow_goto(f, ngx_zos_step_job, 0);
    }

    if (change->fresh) {
        change->job++;
        change->changed.len = job.service_key.len;
        change->changed.data = ngx_pstrdup(f->request->pool,
                                           &job.service_key);

        return change->changed.data ? NGX_OK : NGX_ERROR;
    }

    if (ngx_zos_is_text(&job.state, "new")
        || ngx_zos_is_text(&job.state, "running"))
    {
        return ngx_zos_job_again(f);
    }

    change->job++;

    if (ngx_zos_is_text(&job.state, "error")) {
        (void) ngx_zos_job_failed(f, &job);
        return ngx_zos_job_aside(f);
    }

    return ngx_zos_flow_goto(f, ngx_zos_step_job, 0);
}


static ngx_int_t
ngx_zos_job_again(ngx_zos_flow_t *f)
{
    return ngx_zos_change_pause(f, ngx_zos_step_job);
}


/* no other job counts then */

static ngx_int_t
ngx_zos_job_aside(ngx_zos_flow_t *f)
{
    (void) ngx_zos_change_aside(f);

    return ngx_zos_change_skip(f, ngx_zos_step_poll);
}


/*
 * What was not there can't have been changed by its creation: another one has
 * created it since, and it is that one's, or it is of an earlier service.
 */

ngx_int_t
ngx_zos_step_job_whose(ngx_zos_flow_t *f)
{
    return ngx_zos_ays_get(f, ngx_zos_target_role(f), &f->ays->change->name);
}


ngx_int_t
ngx_zos_step_job_whose_found(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_str_t          service, key;
    ngx_zos_change_t  *change;

    static const ngx_str_t  path = ngx_string("key");

    change = f->ays->change;
    rc = ngx_zos_ays_result(f, &service);

    if (ngx_zos_run_lost(f, rc)) {
        return ngx_zos_change_pause(f, ngx_zos_step_job_whose);
    }

    if (rc == NGX_ERROR) {
        change->foreign = 1;

        return ngx_zos_change_aside(f);
    }

    if (rc == NGX_DECLINED
        || ngx_zos_json_get(&service, &path, &key) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &key, &key) != NGX_OK
        || key.len != change->changed.len
        || ngx_memcmp(key.data, change->changed.data, key.len) != 0)
    {
        return ngx_zos_flow_goto(f, ngx_zos_step_job, 0);
    }

    change->foreign = 1;

    (void) ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                        "\"%V\" was created by another one meanwhile",
                        &change->name);

    return ngx_zos_change_aside(f);
}


/* a look that had no answer is repeated: the work goes on without us */

ngx_uint_t
ngx_zos_run_lost(ngx_zos_flow_t *f, ngx_int_t rc)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (rc != NGX_ERROR) {
        change->tries = 0;
        return 0;
    }

    if (++change->tries >= NGX_ZOS_RUN_LOST) {
        return 0;
    }

    f->status = 0;
    ngx_str_null(&f->body);
    ngx_str_null(&f->error);

    return 1;
}


/* ---- the run ---- */

ngx_int_t
ngx_zos_step_poll(ngx_zos_flow_t *f)
{
    ngx_str_t          path;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (change->failed || change->run.len == 0) {
        return ngx_zos_change_skip(f, ngx_zos_step_state);
    }

    if (ngx_zos_ays_path(f, &path, "/aysrun/%V", &change->run) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_GET, &path, NULL, NULL);
}


ngx_int_t
ngx_zos_step_polled(ngx_zos_flow_t *f)
{
    ngx_int_t           rc;
    ngx_str_t           run;
    ngx_zos_run_job_t   it;

    rc = ngx_zos_ays_result(f, &run);

    if (ngx_zos_run_lost(f, rc)) {
        return ngx_zos_change_pause(f, ngx_zos_step_poll);
    }

    if (rc == NGX_ERROR) {
        return ngx_zos_change_aside(f);
    }

    if (rc == NGX_DECLINED) {

        /* a run that ended is forgotten after a time, or AYS was restarted */

        f->ays->change->taken = 0;
        return NGX_OK;
    }

    if (ngx_zos_run_job(f, &run, &it) != NGX_OK) {
        (void) ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
        return ngx_zos_change_aside(f);
    }

    if (ngx_zos_is_text(&it.state, "new")
        || ngx_zos_is_text(&it.state, "running")
        || (ngx_zos_is_text(&it.state, "error") && ngx_zos_run_retries(&run)))
    {
        return ngx_zos_change_pause(f, ngx_zos_step_poll);
    }

    return ngx_zos_run_ended(f, &run, ngx_zos_is_text(&it.state, "ok"));
}


static ngx_uint_t
ngx_zos_run_retries(ngx_str_t *run)
{
    ngx_str_t            left, key, item;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("retries.remaining-retries");

    if (ngx_zos_json_get(run, &path, &left) != NGX_OK
        || ngx_zos_json_type(&left) != NGX_ZOS_JSON_ARRAY)
    {
        return 0;
    }

    ngx_zos_json_iter(&it, &left);

    return ngx_zos_json_next(&it, &key, &item) == NGX_OK;
}


static ngx_int_t
ngx_zos_run_ended(ngx_zos_flow_t *f, ngx_str_t *run, ngx_uint_t ok)
{
    ngx_zos_change_t   *change;
    ngx_zos_run_job_t   job;

    change = f->ays->change;

    change->taken = (ngx_zos_run_own_job(f, run, &job) == NGX_OK);

    if (ok || !change->taken
        || (ngx_zos_action(f)->len && ngx_zos_is_text(&job.state, "ok")))
    {
        /* what failed is another's */
        return NGX_OK;
    }

    /* ours, or one that ours depends on */

    if (!ngx_zos_is_text(&job.state, "error")
        && ngx_zos_run_find(f, run, ngx_zos_run_match_failed, &job) != NGX_OK)
    {
        (void) ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "run failed",
                            "run \"%V\" failed", &change->run);

        return ngx_zos_change_aside(f);
    }

    (void) ngx_zos_job_failed(f, &job);

    return ngx_zos_change_aside(f);
}


/* ---- why a job failed ---- */

static ngx_int_t
ngx_zos_job_failed(ngx_zos_flow_t *f, ngx_zos_run_job_t *job)
{
    ngx_str_t   reason;
    ngx_uint_t  status;

    status = ngx_zos_job_reason(f, &job->text, &reason);

    ngx_zos_ays_clean(f, &reason);

    if (reason.len == 0) {
        return ngx_zos_fail(f, status, "run failed", "%V of \"%V\" failed",
                            &job->action, &job->service);
    }

    return ngx_zos_fail(f, status, "run failed", "%V of \"%V\" failed: %V",
                        &job->action, &job->service, &reason);
}


void
ngx_zos_run_reason(ngx_zos_flow_t *f, ngx_str_t *run, ngx_str_t *reason)
{
    ngx_zos_run_job_t  job;

    if (ngx_zos_run_find(f, run, ngx_zos_run_match_failed, &job) != NGX_OK) {
        ngx_str_null(reason);
        return;
    }

    (void) ngx_zos_job_reason(f, &job.text, reason);

    ngx_zos_ays_clean(f, reason);
}


/* the result is JSON in a string; nothing but codes of core0 are in it */

static ngx_uint_t
ngx_zos_job_reason(ngx_zos_flow_t *f, ngx_str_t *job, ngx_str_t *reason)
{
    int64_t    code;
    ngx_str_t  value, result, message;

    static const ngx_str_t  path = ngx_string("result");
    static const ngx_str_t  code_path = ngx_string("code");
    static const ngx_str_t  message_path = ngx_string("message");

    ngx_str_null(reason);

    if (ngx_zos_json_get(job, &path, &value) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &value, &result) != NGX_OK
        || ngx_zos_json_check(&result, &value) != NGX_OK
        || ngx_zos_json_type(&value) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(&value, &message_path, &message) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &message, reason) != NGX_OK)
    {
        ngx_str_null(reason);
        ngx_zos_job_last_log(f, job, reason);

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_zos_json_get(&value, &code_path, &message) != NGX_OK
        || ngx_zos_json_integer(&message, &code) != NGX_OK
        || code < 400 || code > 499 || code == 401 || code == 403
        || code == 407)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return (ngx_uint_t) code;
}


static void
ngx_zos_job_last_log(ngx_zos_flow_t *f, ngx_str_t *job, ngx_str_t *reason)
{
    ngx_str_t            logs, key, item, text;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("logs");
    static const ngx_str_t  log_path = ngx_string("log");

    if (ngx_zos_json_get(job, &path, &logs) != NGX_OK
        || ngx_zos_json_type(&logs) != NGX_ZOS_JSON_ARRAY)
    {
        return;
    }

    ngx_str_null(&text);
    ngx_zos_json_iter(&it, &logs);

    while (ngx_zos_json_next(&it, &key, &item) == NGX_OK) {
        if (ngx_zos_json_type(&item) == NGX_ZOS_JSON_OBJECT) {
            (void) ngx_zos_json_get(&item, &log_path, &text);
        }
    }

    if (text.len == 0
        || ngx_zos_json_string(f->request->pool, &text, reason) != NGX_OK)
    {
        ngx_str_null(reason);
    }
}
