
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>


#define NGX_ZOS_AYS_REPOSITORY_VALID  300000     /* ms */


typedef enum {
    NGX_ZOS_AYS_READY = 0,
    NGX_ZOS_AYS_LOOKING,
    NGX_ZOS_AYS_CREATING
} ngx_zos_ays_repository_e;


static ngx_int_t ngx_zos_ays_repository(ngx_zos_flow_t *f,
    ngx_zos_ays_flow_t *ays);
static ngx_int_t ngx_zos_ays_send(ngx_zos_flow_t *f, ngx_uint_t method,
    ngx_str_t *path, ngx_str_t *args, ngx_str_t *body);
static void ngx_zos_ays_handler(ngx_zos_capture_t *capture);
static ngx_int_t ngx_zos_ays_create(ngx_zos_flow_t *f,
    ngx_zos_ays_flow_t *ays);
static void ngx_zos_ays_free_call(ngx_zos_ays_flow_t *ays);
static ngx_int_t ngx_zos_ays_no_answer(ngx_zos_flow_t *f,
    ngx_zos_capture_t *call);
static ngx_int_t ngx_zos_ays_bad_status(ngx_zos_flow_t *f,
    ngx_zos_capture_t *call);


ngx_zos_ays_flow_t *
ngx_zos_ays(ngx_zos_flow_t *f)
{
    if (f->ays == NULL) {
        f->ays = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_ays_flow_t));
    }

    return f->ays;
}


void
ngx_zos_ays_free(ngx_zos_flow_t *f)
{
    ngx_zos_lookup_unlock(f);
    ngx_zos_change_release(f);
    ngx_zos_ays_free_call(f->ays);
}


static void
ngx_zos_ays_free_call(ngx_zos_ays_flow_t *ays)
{
    if (ays->call) {
        ngx_zos_capture_free(ays->call);
        ays->call = NULL;
    }
}


ngx_int_t
ngx_zos_ays_get(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *name)
{
    ngx_str_t  path;

    if (ngx_zos_ays_path(f, &path, "/service/%V/%V",
                         &ngx_zos_role(f, role)->role, name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_GET, &path, NULL, NULL);
}


ngx_int_t
ngx_zos_ays_list(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *query)
{
    ngx_str_t  path;

    if (ngx_zos_ays_path(f, &path, "/service/%V",
                         &ngx_zos_role(f, role)->role)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_GET, &path, query, NULL);
}


ngx_int_t
ngx_zos_ays_path(ngx_zos_flow_t *f, ngx_str_t *path, const char *fmt, ...)
{
    u_char   *last;
    va_list   args;
    u_char    buffer[1024];

    va_start(args, fmt);
    last = ngx_vslprintf(buffer, buffer + sizeof(buffer), fmt, args);
    va_end(args);

    path->len = last - buffer;
    path->data = ngx_pnalloc(f->request->pool, path->len);

    if (path->data == NULL || path->len == sizeof(buffer)) {
        return NGX_ERROR;
    }

    ngx_memcpy(path->data, buffer, path->len);

    return NGX_OK;
}


ngx_int_t
ngx_zos_ays_call(ngx_zos_flow_t *f, ngx_uint_t method, ngx_str_t *path,
    ngx_str_t *args, ngx_str_t *body)
{
    ngx_int_t            rc;
    ngx_str_t            key, value;
    ngx_msec_t           left;
    ngx_zos_ays_flow_t  *ays;

    static ngx_str_t     nothing = ngx_string("");
    static ngx_str_t     name = ngx_string("-");

    ays = ngx_zos_ays(f);

    if (f->lacking || ays == NULL
        || ngx_zos_ays_key(f, "repository", &name, &key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    args = args ? args : &nothing;
    body = body ? body : &nothing;

    rc = ngx_zos_entry_get(f->peer.zone, &key, f->request->pool, &value,
                           &left);

    if (rc == NGX_OK) {
        return ngx_zos_ays_send(f, method, path, args, body);
    }

    ays->method = method;
    ays->path = *path;
    ays->args = *args;
    ays->body = *body;

    return ngx_zos_ays_repository(f, ays);
}


/* the first call of all looks whether the repository is there */

static ngx_int_t
ngx_zos_ays_repository(ngx_zos_flow_t *f, ngx_zos_ays_flow_t *ays)
{
    static ngx_str_t  nothing = ngx_string("");

    ays->creating = NGX_ZOS_AYS_LOOKING;

    return ngx_zos_ays_send(f, NGX_HTTP_GET, &nothing, &nothing, &nothing);
}


static ngx_int_t
ngx_zos_ays_send(ngx_zos_flow_t *f, ngx_uint_t method, ngx_str_t *path,
    ngx_str_t *args, ngx_str_t *body)
{
    u_char              *p;
    ngx_str_t           *repository;
    ngx_zos_capture_t   *call;
    ngx_zos_ays_flow_t  *ays;

    ays = f->ays;

    ngx_zos_ays_free_call(ays);
    ngx_str_null(&ays->value);

    call = ngx_zos_capture_create(f->request);
    if (call == NULL) {
        return NGX_ERROR;
    }

    ays->call = call;

    repository = &f->conf->ays_repository;

    p = ngx_pnalloc(call->pool, f->conf->ays.len + repository->len + path->len
                                + sizeof("/ays/repository/"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    call->uri.data = p;

    p = ngx_cpymem(p, f->conf->ays.data, f->conf->ays.len);
    p = ngx_cpymem(p, "/ays/repository", sizeof("/ays/repository") - 1);

    if (ays->creating != NGX_ZOS_AYS_CREATING) {
        *p++ = '/';
        p = ngx_cpymem(p, repository->data, repository->len);

        if (path->len) {
            p = ngx_cpymem(p, path->data, path->len);
        }
    }

    call->uri.len = p - call->uri.data;

    call->method = method;
    call->args = *args;
    call->body = *body;
    call->limit = f->conf->ays_max_reply;
    call->timeout = f->conf->ays_timeout;
    call->handler = ngx_zos_ays_handler;
    call->data = f;
    call->detached = (f->op->flags & NGX_ZOS_OP_FINISH) ? 1 : 0;

    if (ngx_zos_capture_start(call, f->request) != NGX_OK) {
        return NGX_ERROR;
    }

    f->request->connection->log->action = "waiting for AYS";

    ays->start = ngx_current_msec;
    f->ncalls++;

    return NGX_AGAIN;
}


static void
ngx_zos_ays_handler(ngx_zos_capture_t *capture)
{
    ngx_int_t            rc;
    ngx_zos_flow_t      *f;
    ngx_zos_ays_flow_t  *ays;

    f = capture->data;
    ays = f->ays;

    f->backend_time += ngx_current_msec - ays->start;
    f->gone |= capture->gone;

    rc = NGX_OK;

    if (ays->creating) {
        rc = ngx_zos_ays_create(f, ays);
    }

    if (rc == NGX_AGAIN) {
        ngx_http_run_posted_requests(f->request->connection);
        return;
    }

    /* what failed there fails the call that waits for it */

    ays->creating = NGX_ZOS_AYS_READY;

    ngx_zos_flow_resume(f);
}


/* NGX_AGAIN: another call is on its way */

static ngx_int_t
ngx_zos_ays_create(ngx_zos_flow_t *f, ngx_zos_ays_flow_t *ays)
{
    ngx_str_t          key, body, *repository;
    ngx_zos_capture_t  *call;

    static ngx_str_t    nothing = ngx_string("");
    static ngx_str_t    there = ngx_string("1");
    static ngx_str_t    name = ngx_string("-");

    call = ays->call;

    if (ays->creating == NGX_ZOS_AYS_LOOKING && call->status == 404
        && call->complete)
    {
        repository = &f->conf->ays_repository;

        if (ngx_zos_ays_path(f, &body, "{\"name\":\"%V\","
                             "\"git_url\":\"http://github.com/fake/fake\"}",
                             repository)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ays->creating = NGX_ZOS_AYS_CREATING;

        return ngx_zos_ays_send(f, NGX_HTTP_POST, &nothing, &nothing, &body);
    }

    /* another one may have been faster */

    if (call->complete && (call->status == 200 || call->status == 201
                           || (ays->creating == NGX_ZOS_AYS_CREATING
                               && call->status == 409)))
    {
        if (ngx_zos_ays_key(f, "repository", &name, &key) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_entry_set(f->peer.zone, &key, &there,
                          NGX_ZOS_AYS_REPOSITORY_VALID);

        ays->creating = NGX_ZOS_AYS_READY;

        return ngx_zos_ays_send(f, ays->method, &ays->path, &ays->args,
                                &ays->body);
    }

    /* what it was is no word about the service */

    if (call->status == 404) {
        call->status = 502;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_zos_ays_status(ngx_zos_flow_t *f)
{
    return f->ays->call && f->ays->call->complete ? f->ays->call->status : 0;
}


ngx_int_t
ngx_zos_ays_result(ngx_zos_flow_t *f, ngx_str_t *result)
{
    ngx_zos_capture_t   *call;

    call = f->ays->call;

    if (call == NULL) {
        return NGX_ERROR;
    }

    if (call->status == 0 || call->too_large || !call->complete) {
        return ngx_zos_ays_no_answer(f, call);
    }

    if (call->status == 404) {
        return NGX_DECLINED;
    }

    if (call->status < 200 || call->status > 299) {
        return ngx_zos_ays_bad_status(f, call);
    }

    if (f->ays->value.len == 0 && call->text.len
        && ngx_zos_json_check(&call->text, &f->ays->value) != NGX_OK)
    {
        ngx_str_null(&f->ays->value);

        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer that is not JSON");
    }

    if (result == NULL) {
        return NGX_OK;
    }

    if (f->ays->value.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer without content");
    }

    *result = f->ays->value;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_ays_no_answer(ngx_zos_flow_t *f, ngx_zos_capture_t *call)
{
    if (call->too_large) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays too large",
                            "the answer of AYS is too large");
    }

    if (call->status && !call->late) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays closed",
                            "AYS broke off its answer");
    }

    if (call->late || call->rc == NGX_HTTP_GATEWAY_TIME_OUT) {
        return ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "ays timeout",
                            "AYS gave no answer in time");
    }

    if (call->rc == NGX_HTTP_BAD_GATEWAY) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays connect",
                            "AYS can't be reached");
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays location",
                        "the location of zos_ays does not lead to AYS");
}


/* a token that is refused is the gateway's and not the caller's */

static ngx_int_t
ngx_zos_ays_bad_status(ngx_zos_flow_t *f, ngx_zos_capture_t *call)
{
    ngx_str_t   text;

    if (call->status == NGX_HTTP_UNAUTHORIZED
        || call->status == NGX_HTTP_FORBIDDEN)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays auth",
                            "AYS refuses the gateway's credentials");
    }

    if (call->status == NGX_HTTP_GATEWAY_TIME_OUT) {
        return ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "ays timeout",
                            "AYS gave no answer in time");
    }

    ngx_zos_ays_sentence(f, &text);

    if (text.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays failed",
                            "AYS failed with status %ui", call->status);
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays failed",
                        "AYS failed with status %ui: %V", call->status,
                        &text);
}


void
ngx_zos_ays_sentence(ngx_zos_flow_t *f, ngx_str_t *text)
{
    ngx_str_t           value, error;
    ngx_zos_capture_t  *call;

    static const ngx_str_t  path = ngx_string("error");

    call = f->ays->call;

    ngx_str_null(text);

    if (!call->complete
        || ngx_zos_json_check(&call->text, &value) != NGX_OK)
    {
        return;
    }

    error = value;

    if (ngx_zos_json_type(&value) == NGX_ZOS_JSON_OBJECT
        && ngx_zos_json_get(&value, &path, &error) != NGX_OK)
    {
        return;
    }

    if (ngx_zos_json_string(f->request->pool, &error, text) != NGX_OK) {
        ngx_str_null(text);
        return;
    }

    ngx_zos_ays_clean(f, text);
}


ngx_uint_t
ngx_zos_ays_is(ngx_str_t *service, ngx_str_t *name, ngx_str_t *parent)
{
    ngx_str_t  value;

    static const ngx_str_t  own = ngx_string("name");
    static const ngx_str_t  above = ngx_string("parent.name");

    /* names need no escapes, so they are compared as they are spelled */

    if (ngx_zos_json_type(service) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(service, &own, &value) != NGX_OK
        || value.len != name->len + 2
        || ngx_memcmp(value.data + 1, name->data, name->len) != 0)
    {
        return 0;
    }

    return parent == NULL
           || (ngx_zos_json_get(service, &above, &value) == NGX_OK
               && value.len == parent->len + 2
               && ngx_memcmp(value.data + 1, parent->data, parent->len) == 0);
}


ngx_int_t
ngx_zos_ays_key(ngx_zos_flow_t *f, char *kind, const ngx_str_t *name,
    ngx_str_t *key)
{
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);
    f->peer.zone = zmcf->zone;

    if (ngx_zos_ays_path(f, key, "%s/%V/%V/%V", kind, &f->conf->ays,
                         &f->conf->ays_repository, name)
        != NGX_OK || key->len > NGX_ZOS_ENTRIES_MAX_KEY)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


uint64_t
ngx_zos_ays_owner(void)
{
    static uint32_t  counter;

    return ((uint64_t) ngx_pid << 32) | ++counter;
}
