
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Clearing up on a node when the request that it is for is gone.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_core0.h>


typedef struct {
    ngx_zos_peer_t          peer;
    ngx_zos_call_t         *call;
    ngx_uint_t              container;
    ngx_zos_core0_conf_t   *conf;
    ngx_zos_detached_t      commands[NGX_ZOS_DETACHED_MAX];
    ngx_uint_t              n;
    ngx_uint_t              next;
    ngx_event_t             event;
    ngx_pool_t             *pool;
} ngx_zos_detached_ctx_t;


static ngx_int_t ngx_zos_detached_copy(ngx_pool_t *pool, ngx_str_t *text);
static void ngx_zos_detached_event_handler(ngx_event_t *ev);
static void ngx_zos_detached_next(ngx_zos_detached_ctx_t *ctx);
static void ngx_zos_detached_handler(ngx_zos_call_t *call);


void
ngx_zos_detached(ngx_zos_peer_t *peer, ngx_zos_core0_conf_t *conf,
    ngx_uint_t container, ngx_zos_detached_t *commands, ngx_uint_t n)
{
    ngx_uint_t               i;
    ngx_pool_t              *pool;
    ngx_zos_detached_ctx_t  *ctx;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    ctx = ngx_pcalloc(pool, sizeof(ngx_zos_detached_ctx_t));

    if (ctx == NULL || ngx_zos_peer_copy(pool, &ctx->peer, peer) != NGX_OK) {
        ngx_destroy_pool(pool);
        return;
    }

    ctx->pool = pool;
    ctx->conf = conf;
    ctx->container = container;
    ctx->n = n;

    for (i = 0; i < n; i++) {
        ctx->commands[i] = commands[i];

        if (ngx_zos_detached_copy(pool, &ctx->commands[i].args) != NGX_OK
            || ngx_zos_detached_copy(pool, &ctx->commands[i].queue) != NGX_OK)
        {
            ngx_destroy_pool(pool);
            return;
        }
    }

    /*
     * Not at once: when worker_shutdown_timeout closes all connections, one
     * that is opened meanwhile is closed with them.
     */

    ctx->event.handler = ngx_zos_detached_event_handler;
    ctx->event.data = ctx;
    ctx->event.log = ngx_cycle->log;

    ngx_post_event(&ctx->event, &ngx_posted_events);
}


static ngx_int_t
ngx_zos_detached_copy(ngx_pool_t *pool, ngx_str_t *text)
{
    if (text->len) {
        text->data = ngx_pstrdup(pool, text);
    }

    return (text->len == 0 || text->data) ? NGX_OK : NGX_ERROR;
}


static void
ngx_zos_detached_event_handler(ngx_event_t *ev)
{
    ngx_zos_detached_next(ev->data);
}


static void
ngx_zos_detached_next(ngx_zos_detached_ctx_t *ctx)
{
    ngx_zos_call_t      *call;
    ngx_zos_detached_t  *command;

    if (ctx->next == ctx->n) {
        ngx_destroy_pool(ctx->pool);
        return;
    }

    command = &ctx->commands[ctx->next++];

    call = ngx_zos_call_create(&ctx->peer, ctx->conf, ngx_cycle->log);
    if (call == NULL) {
        ngx_destroy_pool(ctx->pool);
        return;
    }

    call->handler = ngx_zos_detached_handler;
    call->data = ctx;
    call->container = ctx->container;
    call->changes = 1;
    call->admitted = 1;
    call->queue = command->queue;

    if (ngx_zos_call_command(call, command->command, &command->args)
        != NGX_OK)
    {
        ngx_zos_call_free(call);
        ngx_destroy_pool(ctx->pool);
    }
}


static void
ngx_zos_detached_handler(ngx_zos_call_t *call)
{
    ngx_zos_detached_t      *command;
    ngx_zos_detached_ctx_t  *ctx;

    ctx = call->data;
    command = &ctx->commands[ctx->next - 1];

    if (call->error != NGX_ZOS_OK) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "clearing up on node \"%V\" failed: %V %V in container "
                      "%ui: %s%s%V", &ctx->peer.node, command->command,
                      &command->args, ctx->container,
                      ngx_zos_reason(call->error),
                      call->result.text.len ? ": " : "", &call->result.text);

        /* what is in the queue before it may hang, and what is next does not */

        if (call->error != NGX_ZOS_FAILED && call->error != NGX_ZOS_TIMEOUT) {
            ctx->next = ctx->n;
        }
    }

    ngx_zos_call_free(call);

    ngx_zos_detached_next(ctx);
}
