
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Reads and writes of a descriptor.  Its position is the node's, so they must
 * run one after the other there; but the next one is on its way while the
 * last one runs.  core0 sees to the order by the queue that both name, the
 * dispatch and the command in it; and its queue of commands by the push that
 * it has acknowledged before the next one is sent, over another connection.
 *
 * A second one is in flight only while nobody waits for that connection, so
 * that a transfer takes no more of a busy node than its turn.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_files.h>


static void ngx_zos_blocks_handler(ngx_zos_call_t *call);


ngx_int_t
ngx_zos_blocks_opened(ngx_zos_flow_t *f, ngx_zos_blocks_t *b)
{
    ngx_str_t  fd;

    if (ngx_zos_file_failed(f) != NGX_OK
        || ngx_zos_flow_expect(f, NGX_ZOS_JSON_STRING) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &f->call->result.data, &fd)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (fd.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "protocol",
                            "node \"%V\" gave a descriptor without a name",
                            &f->peer.node);
    }

    b->fd.len = fd.len;
    b->fd.data = ngx_pstrdup(f->request->pool, &fd);

    if (b->fd.data == NULL
        || ngx_zos_file_args(f->request->pool, &b->args, "fd", &b->fd, NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    /*
     * From here on there is something to be closed, and no way back; in
     * another container the descriptor would mean nothing.
     */

    f->admitted = 1;
    f->committed = 1;
    f->epoch = 0;

    return NGX_OK;
}


ngx_uint_t
ngx_zos_blocks_room(ngx_zos_flow_t *f, ngx_zos_blocks_t *b)
{
    if (b->n == 0) {
        return 1;
    }

    return b->n < NGX_ZOS_BLOCKS && b->calls[b->n - 1]->placed
           && ngx_zos_pool_spare(&f->peer, &f->conf->core0);
}


ngx_int_t
ngx_zos_blocks_call(ngx_zos_flow_t *f, ngx_zos_blocks_t *b,
    const ngx_str_t *command, ngx_str_t *block)
{
    ngx_zos_call_t  *last, *call;

    last = f->call;
    f->call = NULL;

    call = ngx_zos_flow_new_call(f);
    f->call = last;

    if (call == NULL) {
        return NGX_ERROR;
    }

    call->placed_handler = ngx_zos_blocks_handler;
    call->handler = ngx_zos_blocks_handler;
    call->queue = b->fd;

    if (block) {
        call->block = *block;
    }

    /* a read moves the position, too */

    call->changes = 1;

    if (ngx_zos_call_command(call, command, &b->args) != NGX_OK) {
        ngx_zos_call_free(call);
        return NGX_ERROR;
    }

    b->calls[b->n++] = call;

    return NGX_OK;
}


static void
ngx_zos_blocks_handler(ngx_zos_call_t *call)
{
    ngx_zos_flow_resume(call->data);
}


ngx_int_t
ngx_zos_blocks_next(ngx_zos_flow_t *f, ngx_zos_blocks_t *b)
{
    ngx_uint_t  i;

    if (b->n == 0 || !b->calls[0]->finished) {
        return NGX_AGAIN;
    }

    ngx_zos_flow_free_call(f);

    f->call = b->calls[0];
    b->n--;

    ngx_zos_flow_note_call(f, f->call);

    for (i = 0; i < b->n; i++) {
        b->calls[i] = b->calls[i + 1];
    }

    if (b->n && f->call->error == NGX_ZOS_OK) {
        ngx_zos_call_renew(b->calls[0]);
    }

    return NGX_OK;
}


void
ngx_zos_blocks_free(ngx_zos_blocks_t *b)
{
    while (b->n) {
        ngx_zos_call_free(b->calls[--b->n]);
    }
}
