
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * From the id of a node in the path to an address.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_token.h>


static ngx_int_t ngx_zos_flow_peer(ngx_zos_flow_t *f, ngx_zos_node_t *node);
static void ngx_zos_flow_resolve_handler(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_zos_flow_unresolved(ngx_zos_flow_t *f,
    ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_zos_flow_resolved(ngx_zos_flow_t *f,
    ngx_resolver_addr_t *addr);


/* ---- the steps of a declarative operation ---- */

ngx_int_t
ngx_zos_step_node(ngx_zos_flow_t *f)
{
    ngx_int_t             rc;
    ngx_str_t            *id, service;
    ngx_zos_node_t       *node;
    ngx_zos_main_conf_t  *zmcf;

    static const ngx_str_t  name = ngx_string("nodeid");

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    id = ngx_zos_flow_arg(f, &name);
    node = ngx_zos_dir_find(zmcf, id);

    if (node) {
        f->node = node;
        f->cache = NGX_ZOS_CACHE_STATIC;

    } else if (f->conf->ays.len) {
        rc = ngx_zos_lookup(f, id, &service);

        if (rc == NGX_OK) {
            rc = ngx_zos_lookup_node(f, id, &service);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        node = f->node;

    } else {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "unknown node",
                            "node \"%V\" is not known", id);
    }

    if (ngx_zos_flow_peer(f, node) != NGX_OK) {
        return NGX_ERROR;
    }

    if (node->named) {
        rc = ngx_zos_flow_resolve(f, &node->host, node->port);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    f->peer.sockaddr = node->addrs[0].sockaddr;
    f->peer.socklen = node->addrs[0].socklen;
    f->peer.address = node->addrs[0].name;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_flow_peer(ngx_zos_flow_t *f, ngx_zos_node_t *node)
{
    ngx_int_t              rc;
    ngx_flag_t             ssl;
    ngx_zos_main_conf_t   *zmcf;
    ngx_zos_core0_conf_t  *conf;

    conf = &f->conf->core0;
    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    f->peer.node = node->id;
    f->peer.host = node->host;

    if (conf->auth == NGX_ZOS_CORE0_AUTH_PASSWORD) {
        f->peer.password = node->password;
    }

    ssl = (node->ssl == NGX_CONF_UNSET) ? conf->ssl : node->ssl;

    f->peer.tls = ssl ? conf->tls : NULL;

    f->peer.zone = zmcf->zone;

    if (conf->auth != NGX_ZOS_CORE0_AUTH_TOKEN) {
        return NGX_OK;
    }

    rc = ngx_zos_token_get(zmcf, f->request->pool, f->request->connection->log,
                           &f->peer.password, &f->peer.token);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "token",
                            "the gateway has no valid token for node \"%V\"",
                            &node->id);
    }

    return rc;
}


ngx_int_t
ngx_zos_flow_resolve(ngx_zos_flow_t *f, ngx_str_t *host, in_port_t port)
{
    ngx_resolver_ctx_t        *ctx, temp;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(f->request, ngx_http_core_module);

    temp.name = *host;

    ctx = ngx_resolve_start(clcf->resolver, &temp);

    if (ctx == NGX_NO_RESOLVER) {
        return NGX_DECLINED;
    }

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->name = *host;
    ctx->handler = ngx_zos_flow_resolve_handler;
    ctx->data = f;
    ctx->timeout = f->deadline
                   ? ngx_min(clcf->resolver_timeout,
                             (ngx_msec_t) (f->deadline - ngx_current_msec))
                   : clcf->resolver_timeout;

    f->resolver = ctx;
    f->port = port;

    /* what is in the resolver's cache is answered before the return */

    f->waiting = 0;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        f->resolver = NULL;
        return NGX_ERROR;
    }

    if (f->resolver == NULL) {
        return f->error.len || f->peer.sockaddr == NULL ? NGX_ERROR : NGX_OK;
    }

    f->waiting = 1;

    return NGX_AGAIN;
}


static void
ngx_zos_flow_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_uint_t                     waited;
    ngx_zos_flow_t                *f;

    static const ngx_zos_step_pt   stop[] = { NULL };

    f = ctx->data;
    waited = f->waiting;

    if (ctx->state || ctx->naddrs == 0) {
        rc = ngx_zos_flow_unresolved(f, ctx);

    } else {
        rc = ngx_zos_flow_resolved(f, &ctx->addrs[0]);
    }

    ngx_resolve_name_done(ctx);
    f->resolver = NULL;

    if (!waited) {
        return;
    }

    f->waiting = 0;

    if (rc != NGX_OK) {
        f->step = stop;
    }

    ngx_zos_flow_resume(f);
}


/* a host that is no node's is one that the caller has named */

static ngx_int_t
ngx_zos_flow_unresolved(ngx_zos_flow_t *f, ngx_resolver_ctx_t *ctx)
{
    if (f->node == NULL) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "resolve",
                            "the address of \"%V\" can't be resolved (%s)",
                            &ctx->name, ngx_resolver_strerror(ctx->state));
    }

    ngx_log_error(NGX_LOG_ERR, f->request->connection->log, 0,
                  "%V could not be resolved (%i: %s)", &ctx->name,
                  ctx->state, ngx_resolver_strerror(ctx->state));

    return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "resolve",
                        "the address of node \"%V\" can't be resolved",
                        &f->node->id);
}


/* the resolver's memory goes with its context */

static ngx_int_t
ngx_zos_flow_resolved(ngx_zos_flow_t *f, ngx_resolver_addr_t *addr)
{
    u_char           *p;
    struct sockaddr  *sockaddr;

    sockaddr = ngx_palloc(f->request->pool, addr->socklen);
    p = ngx_pnalloc(f->request->pool, NGX_SOCKADDR_STRLEN);

    if (sockaddr == NULL || p == NULL) {
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
                            "the gateway is out of memory");
    }

    ngx_memcpy(sockaddr, addr->sockaddr, addr->socklen);
    ngx_inet_set_port(sockaddr, f->port);

    f->peer.sockaddr = sockaddr;
    f->peer.socklen = addr->socklen;
    f->peer.address.data = p;
    f->peer.address.len = ngx_sock_ntop(sockaddr, addr->socklen, p,
                                        NGX_SOCKADDR_STRLEN, 1);

    return NGX_OK;
}
