
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Nodes that AYS knows.  What was looked up is kept in the zone for all the
 * workers; one of them looks at a time, however many requests wait for it,
 * and looks again before it ends.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>


#define NGX_ZOS_LOOKUP_ABSENT  1000      /* ms that an unknown one stays so */
#define NGX_ZOS_LOOKUP_LOCK    30000
#define NGX_ZOS_LOOKUP_PAUSE   20


typedef struct {
    ngx_shm_zone_t   *zone;
    ngx_msec_t        valid;
    ngx_str_t         id;
    ngx_str_t         key;
    ngx_str_t         lock;
    uint64_t          owner;
} ngx_zos_lookup_ctx_t;


static ngx_int_t ngx_zos_lookup_start(ngx_zos_flow_t *f, ngx_str_t *id);
static ngx_int_t ngx_zos_lookup_done(ngx_zos_flow_t *f, ngx_str_t *id,
    ngx_str_t *key, ngx_str_t *service);
static ngx_int_t ngx_zos_lookup_keep(ngx_pool_t *pool, ngx_shm_zone_t *zone,
    ngx_str_t *key, ngx_str_t *value, ngx_msec_t valid, ngx_str_t *service);
static ngx_int_t ngx_zos_lookup_unknown(ngx_zos_flow_t *f, ngx_str_t *id);
static void ngx_zos_lookup_renew(ngx_zos_flow_t *f, ngx_str_t *id,
    ngx_str_t *key);
static ngx_int_t ngx_zos_lookup_renewal(ngx_zos_flow_t *f,
    ngx_zos_capture_t *call, ngx_zos_lookup_ctx_t *ctx);
static void ngx_zos_lookup_renewed(ngx_zos_capture_t *call);
static void ngx_zos_lookup_cleanup(void *data);
static ngx_int_t ngx_zos_lookup_address(ngx_zos_flow_t *f,
    ngx_zos_node_t *node);
static void ngx_zos_lookup_text(ngx_zos_flow_t *f, ngx_str_t *service,
    const char *path, ngx_str_t *text);


ngx_int_t
ngx_zos_lookup(ngx_zos_flow_t *f, ngx_str_t *id, ngx_str_t *service)
{
    ngx_int_t            rc;
    ngx_str_t            key;
    ngx_msec_t           left;
    ngx_zos_ays_flow_t  *ays;

    ays = ngx_zos_ays(f);

    if (ays == NULL || ngx_zos_ays_key(f, "node", id, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ays->lock.len && ays->looking) {
        return ngx_zos_lookup_done(f, id, &key, service);
    }

    rc = ngx_zos_entry_get(f->peer.zone, &key, f->request->pool, service,
                           &left);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_zos_lookup_start(f, id);
    }

    if (service->len == 0) {
        return ngx_zos_lookup_unknown(f, id);
    }

    if (f->cache != NGX_ZOS_CACHE_MISS) {
        f->cache = NGX_ZOS_CACHE_HIT;
    }

    if (left < f->conf->node_valid / 10) {
        ngx_zos_lookup_renew(f, id, &key);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_lookup_start(ngx_zos_flow_t *f, ngx_str_t *id)
{
    ngx_str_t            lock;
    ngx_zos_ays_flow_t  *ays;

    ays = f->ays;

    if (ngx_zos_ays_key(f, "look", id, &lock) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ays->owner == 0) {
        ays->owner = ngx_zos_ays_owner();
        ays->since = ngx_current_msec;
    }

    if (ngx_zos_entry_lock(f->peer.zone, &lock, ays->owner,
                           NGX_ZOS_LOOKUP_LOCK)
        == NGX_BUSY)
    {
        if (ngx_current_msec - ays->since > NGX_ZOS_LOOKUP_LOCK) {
            return ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "ays timeout",
                                "AYS gave no answer in time");
        }

        f->delay = NGX_ZOS_LOOKUP_PAUSE;
        return NGX_DECLINED;
    }

    ays->lock = lock;
    ays->looking = 1;

    if (ngx_zos_ays_get(f, NGX_ZOS_ROLE_NODE, id) != NGX_AGAIN) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_again(f);
}


static ngx_int_t
ngx_zos_lookup_done(ngx_zos_flow_t *f, ngx_str_t *id, ngx_str_t *key,
    ngx_str_t *service)
{
    ngx_int_t   rc;
    ngx_str_t   value;

    static ngx_str_t  nothing = ngx_string("");

    rc = ngx_zos_ays_result(f, &value);

    if (rc == NGX_OK && !ngx_zos_ays_is(&value, id, NULL)) {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_OK) {
        f->cache = NGX_ZOS_CACHE_MISS;

        rc = ngx_zos_lookup_keep(f->request->pool, f->peer.zone, key, &value,
                                 f->conf->node_valid, service);

    } else if (rc == NGX_DECLINED) {
        ngx_zos_entry_set(f->peer.zone, key, &nothing, NGX_ZOS_LOOKUP_ABSENT);
        rc = ngx_zos_lookup_unknown(f, id);
    }

    ngx_zos_lookup_unlock(f);

    return rc;
}


void
ngx_zos_lookup_unlock(ngx_zos_flow_t *f)
{
    if (f->ays && f->ays->lock.len) {
        ngx_zos_entry_unlock(f->peer.zone, &f->ays->lock, f->ays->owner);
        ngx_str_null(&f->ays->lock);
        f->ays->looking = 0;
    }
}


static ngx_int_t
ngx_zos_lookup_unknown(ngx_zos_flow_t *f, ngx_str_t *id)
{
    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "unknown node",
                        "node \"%V\" is not known", id);
}


/* as an element of a list, without actions and the like */

static ngx_int_t
ngx_zos_lookup_keep(ngx_pool_t *pool, ngx_shm_zone_t *zone, ngx_str_t *key,
    ngx_str_t *value, ngx_msec_t valid, ngx_str_t *service)
{
    ngx_str_t      name, data;
    ngx_zos_out_t  out;

    static const ngx_str_t  name_path = ngx_string("name");
    static const ngx_str_t  data_path = ngx_string("data");

    if (ngx_zos_json_get(value, &name_path, &name) != NGX_OK
        || ngx_zos_json_get(value, &data_path, &data) != NGX_OK
        || ngx_zos_json_type(&data) != NGX_ZOS_JSON_OBJECT)
    {
        ngx_str_set(&data, "{}");
    }

    if (ngx_zos_out_init(&out, pool, data.len + name.len + 32) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"name\":");
    ngx_zos_out_str(&out, &name);
    ngx_zos_out_literal(&out, ",\"data\":");
    ngx_zos_out_str(&out, &data);
    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, service) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_entry_set(zone, key, service, valid);

    return NGX_OK;
}


/*
 * Nobody waits for this one.  Its subrequest holds the request, so an answer
 * is not late, but the connection's next request may be.
 */

static void
ngx_zos_lookup_renew(ngx_zos_flow_t *f, ngx_str_t *id, ngx_str_t *key)
{
    ngx_pool_cleanup_t    *cln;
    ngx_zos_capture_t     *call;
    ngx_zos_lookup_ctx_t  *ctx;

    call = ngx_zos_capture_create(f->request);
    if (call == NULL) {
        return;
    }

    cln = ngx_pool_cleanup_add(call->pool, sizeof(ngx_zos_lookup_ctx_t));

    if (cln == NULL) {
        ngx_zos_capture_free(call);
        return;
    }

    ctx = cln->data;

    if (ngx_zos_ays_key(f, "look", id, &ctx->lock) != NGX_OK) {
        ngx_zos_capture_free(call);
        return;
    }

    ctx->zone = f->peer.zone;
    ctx->valid = f->conf->node_valid;
    ctx->id = *id;
    ctx->key = *key;
    ctx->owner = ngx_zos_ays_owner();

    if (ngx_zos_entry_lock(ctx->zone, &ctx->lock, ctx->owner,
                           NGX_ZOS_LOOKUP_LOCK)
        != NGX_OK)
    {
        ngx_zos_capture_free(call);
        return;
    }

    cln->handler = ngx_zos_lookup_cleanup;

    if (ngx_zos_lookup_renewal(f, call, ctx) != NGX_OK) {
        ngx_zos_capture_free(call);
    }
}


static ngx_int_t
ngx_zos_lookup_renewal(ngx_zos_flow_t *f, ngx_zos_capture_t *call,
    ngx_zos_lookup_ctx_t *ctx)
{
    if (ngx_zos_ays_path(f, &call->uri, "%V/ays/repository/%V/service/%V/%V",
                         &f->conf->ays, &f->conf->ays_repository,
                         &ngx_zos_role(f, NGX_ZOS_ROLE_NODE)->role, &ctx->id)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->method = NGX_HTTP_GET;
    call->limit = f->conf->ays_max_reply;
    call->timeout = f->conf->ays_timeout;
    call->handler = ngx_zos_lookup_renewed;
    call->data = ctx;
    call->detached = 1;
    call->unawaited = 1;

    f->ncalls++;

    return ngx_zos_capture_start(call, f->request);
}


static void
ngx_zos_lookup_renewed(ngx_zos_capture_t *call)
{
    ngx_str_t              value, service;
    ngx_zos_lookup_ctx_t  *ctx;

    ctx = call->data;

    if (call->complete && call->status == NGX_HTTP_OK
        && ngx_zos_json_check(&call->text, &value) == NGX_OK
        && ngx_zos_ays_is(&value, &ctx->id, NULL))
    {
        (void) ngx_zos_lookup_keep(call->pool, ctx->zone, &ctx->key, &value,
                                   ctx->valid, &service);

    } else if (call->complete && call->status == NGX_HTTP_NOT_FOUND) {
        ngx_zos_entry_drop(ctx->zone, &ctx->key);
    }

    ngx_zos_entry_unlock(ctx->zone, &ctx->lock, ctx->owner);
}


/* also where the request was ended with all that it held */

static void
ngx_zos_lookup_cleanup(void *data)
{
    ngx_zos_lookup_ctx_t  *ctx = data;

    ngx_zos_entry_unlock(ctx->zone, &ctx->lock, ctx->owner);
}


void
ngx_zos_lookup_drop(ngx_zos_flow_t *f, ngx_str_t *id)
{
    ngx_str_t  key;

    if (f->conf->ays.len && ngx_zos_ays_key(f, "node", id, &key) == NGX_OK) {
        ngx_zos_entry_drop(f->peer.zone, &key);
    }
}


/* ---- a node as the configuration would have named it ---- */

ngx_int_t
ngx_zos_lookup_node(ngx_zos_flow_t *f, ngx_str_t *id, ngx_str_t *service)
{
    int64_t          port;
    ngx_str_t        value;
    ngx_zos_node_t  *node;

    static const ngx_str_t  path = ngx_string("data.redisPort");

    node = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_node_t));
    if (node == NULL) {
        return NGX_ERROR;
    }

    node->id = *id;
    node->ssl = NGX_CONF_UNSET;
    node->found = 1;

    ngx_zos_lookup_text(f, service, "data.hostname", &node->hostname);
    ngx_zos_lookup_text(f, service, "data.redisAddr", &node->host);
    ngx_zos_lookup_text(f, service, "data.redisPassword", &node->password);

    if (ngx_zos_json_get(service, &path, &value) != NGX_OK
        || ngx_zos_json_integer(&value, &port) != NGX_OK || port == 0)
    {
        port = 6379;
    }

    if (port < 1 || port > 65535 || node->host.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "no address",
                            "AYS has no address of node \"%V\"", id);
    }

    node->port = (in_port_t) port;
    node->address = node->host;

    f->node = node;

    return ngx_zos_lookup_address(f, node);
}


static ngx_int_t
ngx_zos_lookup_address(ngx_zos_flow_t *f, ngx_zos_node_t *node)
{
    ngx_int_t                  rc;
    ngx_addr_t                *addr;
    ngx_http_core_loc_conf_t  *clcf;

    addr = ngx_pcalloc(f->request->pool, sizeof(ngx_addr_t));
    if (addr == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_parse_addr(f->request->pool, addr, node->host.data,
                        node->host.len);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        node->named = 1;

        clcf = ngx_http_get_module_loc_conf(f->request, ngx_http_core_module);

        return clcf->resolver->connections.nelts
               ? NGX_OK
               : ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "resolve",
                              "the address of node \"%V\" can't be resolved",
                              &node->id);
    }

    ngx_inet_set_port(addr->sockaddr, node->port);

    addr->name.data = ngx_pnalloc(f->request->pool, NGX_SOCKADDR_STRLEN);
    if (addr->name.data == NULL) {
        return NGX_ERROR;
    }

    addr->name.len = ngx_sock_ntop(addr->sockaddr, addr->socklen,
                                   addr->name.data, NGX_SOCKADDR_STRLEN, 1);

    node->addrs = addr;
    node->naddrs = 1;

    return NGX_OK;
}


static void
ngx_zos_lookup_text(ngx_zos_flow_t *f, ngx_str_t *service, const char *path,
    ngx_str_t *text)
{
    ngx_str_t  name, value;

    name.data = (u_char *) path;
    name.len = ngx_strlen(path);

    if (ngx_zos_json_get(service, &name, &value) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &value, text) != NGX_OK)
    {
        ngx_str_null(text);
    }
}
