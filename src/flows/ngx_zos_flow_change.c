
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A change of the wanted state: locks, the blueprint, its execution, the run.
 * What happens then is followed in ngx_zos_flow_run.c.
 *
 * A run takes all that is scheduled in the repository, so from the execution
 * to the creation of the run nobody else may do either: the lane.  And lists
 * in a blueprint are complete states, so nobody else may change the service
 * from the moment that it is read: the lock of its own.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>


#define NGX_ZOS_LOCK_VALID      10000    /* ms */
#define NGX_ZOS_LOCK_RENEWAL    3000
#define NGX_ZOS_LOCK_PAUSE      10
#define NGX_ZOS_BLUEPRINT_TRIES 5


static ngx_int_t ngx_zos_change_key(ngx_zos_flow_t *f, ngx_uint_t role,
    ngx_str_t *name, ngx_str_t *key);
static ngx_int_t ngx_zos_change_lock(ngx_zos_flow_t *f, ngx_str_t *key,
    ngx_str_t *lock);
static void ngx_zos_change_renew(ngx_event_t *ev);
static void ngx_zos_change_relock(ngx_zos_flow_t *f, ngx_str_t *lock);
static ngx_int_t ngx_zos_blueprint_name(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_blueprint_content(ngx_zos_flow_t *f,
    ngx_str_t *content);
static ngx_int_t ngx_zos_blueprint_target(ngx_zos_flow_t *f,
    ngx_zos_out_t *out);
static void ngx_zos_blueprint_action(ngx_zos_flow_t *f, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_execute_failed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_executed_jobs(ngx_zos_flow_t *f, ngx_str_t *value);
static void ngx_zos_lane_leave(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_run_has(ngx_zos_flow_t *f, ngx_str_t *run);


const ngx_zos_step_pt  ngx_zos_steps_ays_create[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_ays_action[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_ays_update[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_ays_delete[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_location,
    NULL
};


ngx_zos_change_t *
ngx_zos_change(ngx_zos_flow_t *f)
{
    ngx_zos_change_t    *change;
    ngx_zos_ays_flow_t  *ays;

    ays = ngx_zos_ays(f);

    if (ays == NULL || ays->change) {
        return ays ? ays->change : NULL;
    }

    change = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_change_t));

    if (change == NULL || ngx_zos_target_name(f, &change->name) != NGX_OK) {
        return NULL;
    }

    change->owner = ngx_zos_ays_owner();
    change->flow = f;
    change->deadline = ngx_current_msec + f->conf->ays_run_timeout;
    change->pause = NGX_ZOS_LOCK_PAUSE;

    change->renewal.handler = ngx_zos_change_renew;
    change->renewal.data = f->request->connection;
    change->renewal.log = f->request->connection->log;

    ays->change = change;

    return change;
}


const ngx_str_t *
ngx_zos_action(ngx_zos_flow_t *f)
{
    const ngx_zos_ays_t  *ays;

    ays = f->op->ays;

    return f->conf->ays_templates == NGX_ZOS_2017 && ays->action_2017.len
           ? &ays->action_2017 : &ays->action;
}


ngx_int_t
ngx_zos_step_own(ngx_zos_flow_t *f)
{
    ngx_str_t          key;
    ngx_zos_change_t  *change;

    change = ngx_zos_change(f);

    if (change == NULL
        || ngx_zos_change_key(f, ngx_zos_target_role(f), &change->name, &key)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_change_lock(f, &key, &change->own);
}


ngx_int_t
ngx_zos_change_own(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *name)
{
    ngx_int_t          rc;
    ngx_str_t          key;
    ngx_zos_lock_t     lock, *other;
    ngx_zos_change_t  *change;

    change = ngx_zos_change(f);

    if (change == NULL || ngx_zos_change_key(f, role, name, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    if (change->others == NULL) {
        change->others = ngx_array_create(f->request->pool, 4,
                                          sizeof(ngx_zos_lock_t));
        if (change->others == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_str_null(&lock.key);

    rc = ngx_zos_change_lock(f, &key, &lock.key);

    if (rc != NGX_OK) {
        return rc;
    }

    lock.name = *name;
    other = ngx_array_push(change->others);

    if (other == NULL) {
        ngx_zos_change_unlock(f, &lock.key);
        return NGX_ERROR;
    }

    *other = lock;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_change_key(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *name,
    ngx_str_t *key)
{
    if (ngx_zos_ays_path(f, key, "%V!%V", &ngx_zos_role(f, role)->role, name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_key(f, "own", key, key);
}


ngx_int_t
ngx_zos_step_lane(ngx_zos_flow_t *f)
{
    ngx_str_t          key;
    ngx_zos_change_t  *change;

    static const ngx_str_t  name = ngx_string("-");

    change = ngx_zos_change(f);

    if (change == NULL || ngx_zos_ays_key(f, "lane", &name, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_change_lock(f, &key, &change->lane);
}


static ngx_int_t
ngx_zos_change_lock(ngx_zos_flow_t *f, ngx_str_t *key, ngx_str_t *lock)
{
    ngx_int_t          rc;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    rc = ngx_zos_entry_lock(f->peer.zone, key, change->owner,
                            NGX_ZOS_LOCK_VALID);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_SERVICE_UNAVAILABLE, "zone full",
                            "the gateway's zone is full, try again later");
    }

    if (rc == NGX_BUSY) {

        if ((ngx_msec_int_t) (change->deadline - ngx_current_msec) <= 0) {
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                                "other changes are still going on, nothing "
                                "was done");
        }

        /* whoever asks at another moment each time is not always late */

        f->delay = change->pause + ngx_random() % NGX_ZOS_LOCK_PAUSE;
        change->pause = ngx_min(change->pause + 2, 10 * NGX_ZOS_LOCK_PAUSE);

        return NGX_DECLINED;
    }

    *lock = *key;
    change->pause = NGX_ZOS_LOCK_PAUSE;

    if (!change->renewal.timer_set) {
        ngx_add_timer(&change->renewal, NGX_ZOS_LOCK_RENEWAL);
    }

    return NGX_OK;
}


static void
ngx_zos_change_renew(ngx_event_t *ev)
{
    ngx_uint_t         i;
    ngx_zos_flow_t    *f;
    ngx_zos_lock_t    *other;
    ngx_zos_change_t  *change;

    change = (ngx_zos_change_t *) ((u_char *) ev
                                   - offsetof(ngx_zos_change_t, renewal));
    f = change->flow;

    ngx_zos_change_relock(f, &change->own);
    ngx_zos_change_relock(f, &change->lane);

    if (change->others) {
        other = change->others->elts;

        for (i = 0; i < change->others->nelts; i++) {
            ngx_zos_change_relock(f, &other[i].key);
        }
    }

    ngx_add_timer(ev, NGX_ZOS_LOCK_RENEWAL);
}


static void
ngx_zos_change_relock(ngx_zos_flow_t *f, ngx_str_t *lock)
{
    if (lock->len) {
        (void) ngx_zos_entry_lock(f->peer.zone, lock, f->ays->change->owner,
                                  NGX_ZOS_LOCK_VALID);
    }
}


void
ngx_zos_change_unlock(ngx_zos_flow_t *f, ngx_str_t *lock)
{
    if (lock->len) {
        ngx_zos_entry_unlock(f->peer.zone, lock, f->ays->change->owner);
        ngx_str_null(lock);
    }
}


void
ngx_zos_change_release(ngx_zos_flow_t *f)
{
    ngx_uint_t         i;
    ngx_zos_lock_t    *other;
    ngx_zos_change_t  *change;

    if (f->ays == NULL || f->ays->change == NULL) {
        return;
    }

    change = f->ays->change;

    if (change->renewal.timer_set) {
        ngx_del_timer(&change->renewal);
    }

    ngx_zos_change_unlock(f, &change->lane);
    ngx_zos_change_unlock(f, &change->own);

    if (change->others) {
        other = change->others->elts;

        for (i = 0; i < change->others->nelts; i++) {
            ngx_zos_change_unlock(f, &other[i].key);
        }
    }
}


ngx_int_t
ngx_zos_change_aside(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (f->error.len == 0) {
        (void) ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
                            "the gateway is out of memory");
    }

    change->failed = 1;
    change->status = f->status;
    change->body = f->body;
    change->error = f->error;

    f->status = 0;
    f->lacking = 0;
    ngx_str_null(&f->body);
    ngx_str_null(&f->error);

    return NGX_OK;
}


void
ngx_zos_change_next(ngx_zos_flow_t *f, const ngx_zos_op_t *op,
    ngx_str_t *name)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    f->op = op;

    change->name = *name;
    change->deadline = ngx_current_msec + f->conf->ays_run_timeout;
    change->pause = NGX_ZOS_LOCK_PAUSE;
    change->tries = 0;
    change->job = 0;

    ngx_str_null(&change->msg);
    ngx_str_null(&change->jobs);
    ngx_str_null(&change->changed);
    ngx_str_null(&change->run);

    /* what is created was looked for before */

    change->fresh = (op->method == NGX_HTTP_POST);
    change->made = 0;
    change->executed = 0;
    change->taken = 0;
    change->failed = 0;
    change->foreign = 0;
    change->late = 0;
}


ngx_int_t
ngx_zos_change_rescue(ngx_zos_flow_t *f)
{
    ngx_zos_step_pt    step;
    ngx_zos_change_t  *change;

    change = f->ays ? f->ays->change : NULL;

    if (change == NULL || change->rescue == NULL) {
        return NGX_DECLINED;
    }

    step = change->rescue;
    change->rescue = NULL;

    (void) ngx_zos_change_aside(f);
    (void) ngx_zos_flow_goto(f, step, 0);

    return NGX_OK;
}


ngx_int_t
ngx_zos_change_skip(ngx_zos_flow_t *f, ngx_zos_step_pt step)
{
    return ngx_zos_flow_goto(f, step, 0);
}


/* ---- the blueprint ---- */

ngx_int_t
ngx_zos_step_blueprint(ngx_zos_flow_t *f)
{
    ngx_str_t          path, body, content;
    ngx_zos_out_t      out;

    if (ngx_zos_blueprint_name(f) != NGX_OK
        || ngx_zos_blueprint_content(f, &content) != NGX_OK
        || ngx_zos_out_init(&out, f->request->pool, content.len * 2 + 128)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"name\":");
    ngx_zos_out_string(&out, &f->ays->change->blueprint);
    ngx_zos_out_literal(&out, ",\"content\":");
    ngx_zos_out_string(&out, &content);
    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&path, "/blueprint");

    return ngx_zos_ays_call(f, NGX_HTTP_POST, &path, NULL, &body);
}


/* never the same as another gateway's of the same second */

static ngx_int_t
ngx_zos_blueprint_name(ngx_zos_flow_t *f)
{
    ngx_str_t          action;
    ngx_zos_change_t  *change;

    static ngx_uint_t  counter;

    change = f->ays->change;
    action = *ngx_zos_action(f);

    if (action.len == 0) {
        ngx_str_set(&action, "update");
    }

    return ngx_zos_ays_path(f, &change->blueprint, "%V_%V_%V_%T_%P_%ui_%xd",
                            &ngx_zos_role(f, ngx_zos_target_role(f))->role,
                            &change->name, &action, ngx_time(), ngx_pid,
                            ++counter, (int) ngx_random());
}


static ngx_int_t
ngx_zos_blueprint_content(ngx_zos_flow_t *f, ngx_str_t *content)
{
    ngx_int_t      rc;
    ngx_zos_out_t  out;

    if (ngx_zos_out_init(&out, f->request->pool, 1024) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->op->ays->blueprint) {
        rc = f->op->ays->blueprint(f, &out);

    } else {
        rc = ngx_zos_blueprint_target(f, &out);
    }

    if (rc != NGX_OK || ngx_zos_out_done(&out, content) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_yaml(f->request->pool, content);
}


static ngx_int_t
ngx_zos_blueprint_target(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t             key, args;
    const ngx_zos_ays_t  *ays;

    ays = f->op->ays;

    ngx_str_set(&args, "{}");

    if (ays->args && ngx_zos_flow_args(f, ays->args, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    /* the older templates may have none of them */

    ngx_zos_out_literal(out, "{");

    if (args.len > 2) {

        if (ngx_zos_ays_path(f, &key, "%V__%V",
                               &ngx_zos_role(f, ngx_zos_target_role(f))->actor,
                               &f->ays->change->name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_zos_out_string(out, &key);
        ngx_zos_out_literal(out, ":");
        ngx_zos_out_str(out, &args);
    }

    if (ngx_zos_action(f)->len) {

        if (args.len > 2) {
            ngx_zos_out_literal(out, ",");
        }

        ngx_zos_blueprint_action(f, out);
    }

    ngx_zos_out_literal(out, "}");

    return NGX_OK;
}


static void
ngx_zos_blueprint_action(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_zos_out_literal(out, "\"actions\":[{\"action\":");
    ngx_zos_out_string(out, ngx_zos_action(f));
    ngx_zos_out_literal(out, ",\"actor\":");
    ngx_zos_out_string(out, &ngx_zos_role(f, ngx_zos_target_role(f))->actor);
    ngx_zos_out_literal(out, ",\"service\":");
    ngx_zos_out_string(out, &f->ays->change->name);
    ngx_zos_out_literal(out, ",\"force\":");

    if (f->op->ays->force) {
        ngx_zos_out_literal(out, "true}]");

    } else {
        ngx_zos_out_literal(out, "false}]");
    }
}


ngx_int_t
ngx_zos_step_blueprint_created(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_str_t          text;
    ngx_uint_t         status;
    ngx_zos_change_t  *change;

    change = f->ays->change;
    status = ngx_zos_ays_status(f);

    /* the name is taken: what is under it is another's */

    if (status == NGX_HTTP_CONFLICT
        && ++change->tries < NGX_ZOS_BLUEPRINT_TRIES)
    {
        return ngx_zos_flow_goto(f, ngx_zos_step_blueprint, 0);
    }

    if (status == NGX_HTTP_BAD_REQUEST) {
        ngx_zos_ays_sentence(f, &text);

        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "ays refused",
                            "AYS refuses the change%s%V",
                            text.len ? ": " : "", &text);
    }

    rc = ngx_zos_ays_result(f, NULL);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays repository",
                            "AYS has no repository \"%V\"",
                            &f->conf->ays_repository);
    }

    if (rc == NGX_OK) {
        change->made = 1;
        change->tries = 0;
    }

    return rc;
}


ngx_int_t
ngx_zos_step_execute(ngx_zos_flow_t *f)
{
    ngx_str_t         path;

    static ngx_str_t  body = ngx_string("{}");

    if (ngx_zos_ays_path(f, &path, "/blueprint/%V",
                         &f->ays->change->blueprint)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    f->ays->change->executed = 1;

    return ngx_zos_ays_call(f, NGX_HTTP_POST, &path, NULL, &body);
}


ngx_int_t
ngx_zos_step_executed(ngx_zos_flow_t *f)
{
    ngx_uint_t  status;

    status = ngx_zos_ays_status(f);

    if (status >= 400 && status != NGX_HTTP_UNAUTHORIZED
        && status != NGX_HTTP_FORBIDDEN)
    {
        (void) ngx_zos_execute_failed(f);
        return ngx_zos_change_aside(f);
    }

    /* it may have nothing to say */

    if (ngx_zos_ays_result(f, NULL) != NGX_OK
        || ngx_zos_executed_jobs(f, &f->ays->value) != NGX_OK)
    {
        return ngx_zos_change_aside(f);
    }

    return NGX_OK;
}


/* the older AYS has 500 for whatever is wrong with a blueprint */

static ngx_int_t
ngx_zos_execute_failed(ngx_zos_flow_t *f)
{
    ngx_str_t   text;
    ngx_uint_t  status;

    status = ngx_zos_ays_status(f);

    ngx_zos_ays_sentence(f, &text);

    if (status < 500) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "ays refused",
                            "AYS refuses the change%s%V",
                            text.len ? ": " : "", &text);
    }

    if (text.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays failed",
                            "AYS failed with status %ui", status);
    }

    return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "ays failed",
                        "AYS can't make the change: %V", &text);
}


static ngx_int_t
ngx_zos_executed_jobs(ngx_zos_flow_t *f, ngx_str_t *value)
{
    ngx_str_t          jobs;
    ngx_zos_change_t  *change;

    static const ngx_str_t  path = ngx_string("processChangeJobs");
    static const ngx_str_t  msg_path = ngx_string("msg");

    change = f->ays->change;

    if (value->len == 0
        || ngx_zos_json_type(value) != NGX_ZOS_JSON_OBJECT)
    {
        return NGX_OK;
    }

    if (ngx_zos_json_get(value, &msg_path, &jobs) == NGX_OK
        && ngx_zos_json_string(f->request->pool, &jobs, &change->msg)
           == NGX_OK)
    {
        ngx_zos_ays_clean(f, &change->msg);
    }

    if (ngx_zos_json_get(value, &path, &jobs) != NGX_OK
        || ngx_zos_json_type(&jobs) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_OK;
    }

    change->jobs.len = jobs.len;
    change->jobs.data = ngx_pstrdup(f->request->pool, &jobs);

    return change->jobs.data ? NGX_OK : NGX_ERROR;
}


/* ---- the run ---- */

ngx_int_t
ngx_zos_step_run(ngx_zos_flow_t *f)
{
    u_char            *p;
    ngx_str_t          path, args, *retries;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (change->failed || (ngx_zos_action(f)->len == 0 && !f->op->ays->run)) {
        ngx_zos_lane_leave(f);
        return ngx_zos_change_skip(f, ngx_zos_step_archive);
    }

    ngx_str_set(&path, "/aysrun");
    ngx_str_null(&args);

    retries = &f->conf->ays_retries;

    if (f->conf->ays_templates == NGX_ZOS_2018 && retries->len) {

        args.len = sizeof("retries=") - 1 + retries->len;
        args.data = ngx_pnalloc(f->request->pool, args.len);

        if (args.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(args.data, "retries=", sizeof("retries=") - 1);
        ngx_memcpy(p, retries->data, retries->len);
    }

    return ngx_zos_ays_call(f, NGX_HTTP_POST, &path, &args, NULL);
}


ngx_int_t
ngx_zos_step_run_created(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_str_t          value, key;
    ngx_zos_change_t  *change;

    static const ngx_str_t  path = ngx_string("key");

    change = f->ays->change;

    ngx_zos_lane_leave(f);

    rc = ngx_zos_ays_result(f, &value);

    if (rc == NGX_OK
        && (ngx_zos_json_get(&value, &path, &key) != NGX_OK
            || ngx_zos_json_string(f->request->pool, &key, &key) != NGX_OK
            || ngx_zos_check_job_id(&key) != NGX_OK))
    {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_DECLINED) {
        (void) ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS did not say which run it has created");
    }

    if (rc != NGX_OK) {
        return ngx_zos_change_aside(f);
    }

    change->taken = ngx_zos_run_has(f, &value);
    change->run.len = key.len;
    change->run.data = ngx_pstrdup(f->request->pool, &key);

    return change->run.data ? NGX_OK : NGX_ERROR;
}


/*
 * Who has looked in the lane at what others have keeps it until AYS shows
 * what has become of that: the next one is to see it.
 */

static void
ngx_zos_lane_leave(ngx_zos_flow_t *f)
{
    if (!f->op->ays->hold) {
        ngx_zos_change_unlock(f, &f->ays->change->lane);
    }
}


static ngx_uint_t
ngx_zos_run_has(ngx_zos_flow_t *f, ngx_str_t *run)
{
    ngx_zos_run_job_t  job;

    return ngx_zos_run_own_job(f, run, &job) == NGX_OK;
}


/* many blueprints make AYS slow, but they are what an operator looks at */

ngx_int_t
ngx_zos_step_archive(ngx_zos_flow_t *f)
{
    ngx_str_t          path;

    static ngx_str_t  body = ngx_string("{}");

    if (ngx_zos_ays_path(f, &path, "/blueprint/%V/archive",
                         &f->ays->change->blueprint)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_PUT, &path, NULL, &body);
}


ngx_int_t
ngx_zos_step_archived(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (ngx_zos_ays_status(f) != NGX_HTTP_OK) {
        ngx_log_error(NGX_LOG_WARN, f->request->connection->log, 0,
                      "zos: blueprint \"%V\" could not be archived",
                      &change->blueprint);
    }

    change->pause = f->conf->ays_run_interval[0];

    if (change->run.len && !change->failed && !change->part) {
        return ngx_zos_change_accept(f);
    }

    return NGX_OK;
}
