
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * How a change ends: the state of the action where no run of ours had it,
 * whether the service has what was asked for, and what is cleared up.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


#define NGX_ZOS_VERIFY_TRIES 6


static ngx_int_t ngx_zos_unchanged(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_action_state(ngx_zos_flow_t *f, ngx_str_t *service,
    ngx_str_t *state);


/* ---- the action, when our run did not have it ---- */

ngx_int_t
ngx_zos_step_state(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (change->failed || change->taken || ngx_zos_action(f)->len == 0) {
        return ngx_zos_change_skip(f, ngx_zos_step_verify);
    }

    return ngx_zos_ays_get(f, ngx_zos_target_role(f), &change->name);
}


ngx_int_t
ngx_zos_step_state_found(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_str_t          service, state;
    ngx_zos_change_t  *change;

    change = f->ays->change;
    rc = ngx_zos_ays_result(f, &service);

    if (ngx_zos_run_lost(f, rc)) {
        return ngx_zos_change_pause(f, ngx_zos_step_state);
    }

    if (rc == NGX_ERROR) {
        return ngx_zos_change_aside(f);
    }

    if (rc == NGX_DECLINED) {

        if (f->op->method == NGX_HTTP_DELETE) {
            return NGX_OK;
        }

        (void) ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "\"%V\" was removed by another one meanwhile",
                            &change->name);

        return ngx_zos_change_aside(f);
    }

    if (ngx_zos_action_state(f, &service, &state) != NGX_OK
        || ngx_zos_is_text(&state, "ok"))
    {
        return NGX_OK;
    }

    if (ngx_zos_is_text(&state, "error")) {
        (void) ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "run failed",
                            "%V of \"%V\" failed in another run",
                            ngx_zos_action(f), &change->name);

        return ngx_zos_change_aside(f);
    }

    if (ngx_zos_is_text(&state, "new")) {
        (void) ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "AYS does not do it%s%V",
                            change->msg.len ? ": " : "", &change->msg);

        return ngx_zos_change_aside(f);
    }

    return ngx_zos_change_pause(f, ngx_zos_step_state);
}


static ngx_int_t
ngx_zos_action_state(ngx_zos_flow_t *f, ngx_str_t *service, ngx_str_t *state)
{
    ngx_str_t            actions, key, item, name;
    const ngx_str_t     *action;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("actions");
    static const ngx_str_t  name_path = ngx_string("name");
    static const ngx_str_t  state_path = ngx_string("state");

    action = ngx_zos_action(f);

    if (ngx_zos_json_type(service) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(service, &path, &actions) != NGX_OK
        || ngx_zos_json_type(&actions) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_DECLINED;
    }

    ngx_zos_json_iter(&it, &actions);

    while (ngx_zos_json_next(&it, &key, &item) == NGX_OK) {

        if (ngx_zos_json_type(&item) != NGX_ZOS_JSON_OBJECT
            || ngx_zos_json_get(&item, &name_path, &name) != NGX_OK
            || name.len != action->len + 2
            || ngx_memcmp(name.data + 1, action->data, action->len) != 0
            || ngx_zos_json_get(&item, &state_path, &name) != NGX_OK)
        {
            continue;
        }

        return ngx_zos_json_string(f->request->pool, &name, state);
    }

    return NGX_DECLINED;
}


/* ---- is it there? ---- */

ngx_int_t
ngx_zos_step_verify(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (change->failed || f->op->ays->verify == NULL) {
        f->step++;
        return NGX_OK;
    }

    return ngx_zos_ays_get(f, ngx_zos_target_role(f), &change->name);
}


ngx_int_t
ngx_zos_step_verified(ngx_zos_flow_t *f)
{
    json_t            *data;
    ngx_int_t          rc;
    ngx_str_t          service;
    ngx_zos_change_t  *change;

    change = f->ays->change;
    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR) {
        return ngx_zos_change_aside(f);
    }

    if (rc == NGX_OK) {
        f->service.len = service.len;
        f->service.data = ngx_pstrdup(f->request->pool, &service);

        if (f->service.data == NULL) {
            return NGX_ERROR;
        }

        data = ngx_zos_service_data(f);
        rc = data ? f->op->ays->verify(f, data) : ngx_zos_change_aside(f);
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* the older AYS does not say when it has changed a service */

    if (++change->tries < NGX_ZOS_VERIFY_TRIES) {
        return ngx_zos_change_pause(f, ngx_zos_step_verify);
    }

    return ngx_zos_unchanged(f);
}


static ngx_int_t
ngx_zos_unchanged(ngx_zos_flow_t *f)
{
    const char  *why;

    why = f->op->ays->unchanged
          ? f->op->ays->unchanged(f, ngx_zos_service_data(f)) : NULL;

    if (why) {
        (void) ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "nothing was changed: %s", why);

    } else {
        (void) ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "another change of \"%V\" has undone this one",
                            &f->ays->change->name);
    }

    return ngx_zos_change_aside(f);
}


/* ---- the end ---- */

ngx_int_t
ngx_zos_step_remove(ngx_zos_flow_t *f)
{
    ngx_str_t          path;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (f->op->method == NGX_HTTP_DELETE
        ? change->failed
        : (!change->failed || !change->executed || change->foreign))
    {
        f->step++;
        return NGX_OK;
    }

    if (ngx_zos_ays_path(f, &path, "/service/%V/%V",
                         &ngx_zos_role(f, ngx_zos_target_role(f))->role,
                         &change->name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_DELETE, &path, NULL, NULL);
}


ngx_int_t
ngx_zos_step_removed(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_uint_t         status;
    ngx_zos_change_t  *change;

    change = f->ays->change;
    status = ngx_zos_ays_status(f);

    if (status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_OK
        || status == NGX_HTTP_NOT_FOUND)
    {
        return NGX_OK;
    }

    if (change->failed) {
        ngx_log_error(NGX_LOG_WARN, f->request->connection->log, 0,
                      "zos: \"%V\" could not be removed from AYS after it "
                      "could not be created", &change->name);
        return NGX_OK;
    }

    if (status == NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                            "AYS keeps \"%V\", as other services need it",
                            &change->name);
    }

    rc = ngx_zos_ays_result(f, NULL);

    return rc == NGX_DECLINED ? NGX_OK : rc;
}


ngx_int_t
ngx_zos_step_outcome(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (!change->failed) {
        return NGX_OK;
    }

    f->status = change->status;
    f->body = change->body;
    f->error = change->error;

    return NGX_ERROR;
}


ngx_int_t
ngx_zos_step_location(ngx_zos_flow_t *f)
{
    if (f->op->ays->location.len == 0 || f->location.len) {
        return NGX_OK;
    }

    return ngx_zos_text(f, &f->op->ays->location, &f->location);
}
