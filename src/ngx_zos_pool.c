
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Connections to nodes, kept per worker for each peer (node, address, TLS
 * and credentials), and counted in the zone for all workers together.
 *
 * Who waits for a place that another worker holds can't be woken by it, and
 * looks again every NGX_ZOS_POOL_POLL; who holds idle connections to a node
 * that somebody waits for gives them up.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_core0.h>
#include <ngx_zos_zone.h>


#define NGX_ZOS_POOL_POLL   10       /* ms */
#define NGX_ZOS_POOL_SHARE  100      /* ms */
#define NGX_ZOS_POOL_TURN   1000     /* ms, of a place that others want */
#define NGX_ZOS_POOL_KEEP   300000   /* ms, of a TLS session */


struct ngx_zos_pool_s {
    ngx_str_node_t       sn;          /* by key */
    ngx_pool_t          *mem;
    ngx_zos_peer_t       peer;
    ngx_ssl_session_t   *session;
    ngx_event_t          expiry;      /* of a pool that only has a session */

    ngx_queue_t          queue;       /* in ngx_zos_pools.all */
    ngx_queue_t          idle;
    ngx_queue_t          waiting;
    ngx_uint_t           nidle;
    ngx_uint_t           nconns;      /* idle ones too */
    ngx_uint_t           nwaiting;
};


/* the worker's */

static struct {
    ngx_rbtree_t         tree;
    ngx_rbtree_node_t    sentinel;
    ngx_queue_t          all;
    ngx_event_t          poll;
    ngx_event_t          share;
    ngx_uint_t           shared;      /* other workers exist */
    ngx_uint_t           token;       /* generation of the current one */
    ngx_connection_t     dummy;       /* for debug logs of the timers */
} ngx_zos_pools;


static ngx_zos_pool_t *ngx_zos_pool_lookup(ngx_zos_peer_t *peer);
static u_char *ngx_zos_pool_key(u_char *p, ngx_zos_peer_t *peer);
static ngx_zos_pool_t *ngx_zos_pool_create(ngx_zos_peer_t *peer,
    ngx_str_t *key, uint32_t hash);
static void ngx_zos_pool_destroy_unused(ngx_zos_pool_t *zp);
static void ngx_zos_pool_expiry_handler(ngx_event_t *ev);
static void ngx_zos_pool_destroy(ngx_zos_pool_t *zp);
static ngx_int_t ngx_zos_pool_connect(ngx_zos_waiter_t *w);
static ngx_zos_conn_t *ngx_zos_pool_conn(ngx_zos_waiter_t *w, void *cell);
static void ngx_zos_pool_connected(ngx_zos_conn_t *zc);
static void ngx_zos_pool_connect_failed(ngx_zos_conn_t *zc,
    ngx_zos_error_e error);
static void ngx_zos_pool_use(ngx_zos_waiter_t *w, ngx_zos_conn_t *zc);
static ngx_uint_t ngx_zos_pool_wanted(ngx_zos_conn_t *zc);
static void ngx_zos_pool_yield(ngx_zos_conn_t *zc);
static void ngx_zos_pool_close_conn(ngx_zos_conn_t *zc);
static void ngx_zos_pool_next(ngx_zos_pool_t *zp);
static void ngx_zos_pool_wait(ngx_zos_pool_t *zp);
static ngx_zos_waiter_t *ngx_zos_pool_dequeue(ngx_zos_pool_t *zp);
static ngx_zos_conn_t *ngx_zos_pool_idle_conn(ngx_zos_pool_t *zp);
static void ngx_zos_pool_drop_idle(ngx_zos_pool_t *zp);
static void ngx_zos_pool_idle_read_handler(ngx_event_t *rev);
static ngx_int_t ngx_zos_pool_idle_reply(ngx_zos_conn_t *zc,
    ngx_zos_resp_t *reply);
static void ngx_zos_pool_idle_failed(ngx_zos_conn_t *zc,
    ngx_zos_error_e error);
static void ngx_zos_pool_idle_write_handler(ngx_event_t *wev);
static void ngx_zos_pool_poll_handler(ngx_event_t *ev);
static void ngx_zos_pool_share_handler(ngx_event_t *ev);
static void ngx_zos_pool_close(ngx_str_t *node, ngx_uint_t token);


void
ngx_zos_pool_get(ngx_zos_waiter_t *w)
{
    ngx_int_t        rc;
    ngx_zos_conn_t  *zc;
    ngx_zos_pool_t  *zp;

    w->conn = NULL;

    zp = ngx_zos_pool_lookup(w->peer);

    if (zp == NULL) {
        w->failed(w, NGX_ZOS_INTERNAL);
        return;
    }

    w->pool = zp;

    zc = ngx_zos_pool_idle_conn(zp);

    if (zc && w->fresh) {

        /* one that went stale has siblings of its age */

        ngx_zos_pool_drop(zc);
        zp = w->pool = ngx_zos_pool_lookup(w->peer);

        if (zp == NULL) {
            w->failed(w, NGX_ZOS_INTERNAL);
            return;
        }

        zc = NULL;
    }

    if (zc) {
        ngx_zos_pool_use(w, zc);
        return;
    }

    /* not before those who wait already */

    rc = zp->nwaiting ? NGX_BUSY : ngx_zos_pool_connect(w);

    if (rc != NGX_BUSY) {
        return;
    }

    if (zp->nwaiting >= w->conf->queue && !w->admitted) {
        ngx_log_error(NGX_LOG_WARN, w->log, 0,
                      "%ui requests are waiting for a connection "
                      "to core0 at %V", zp->nwaiting, &zp->peer.address);

        w->pool = NULL;
        w->failed(w, NGX_ZOS_BUSY);
        return;
    }

    ngx_queue_insert_tail(&zp->waiting, &w->queue);
    zp->nwaiting++;

    ngx_zos_pool_wait(zp);
}


ngx_uint_t
ngx_zos_pool_spare(ngx_zos_peer_t *peer, ngx_zos_core0_conf_t *conf)
{
    ngx_int_t        rc;
    ngx_zos_pool_t  *zp;

    zp = ngx_zos_pool_lookup(peer);

    if (zp == NULL || zp->nwaiting) {
        return 0;
    }

    rc = ngx_zos_zone_spare(peer->zone, &peer->node, conf->max_conns);

    if (rc == NGX_DECLINED) {
        /* they are not counted */
        rc = (zp->nconns < conf->max_conns) ? NGX_OK : NGX_AGAIN;
    }

    rc = (rc == NGX_OK || (rc == NGX_AGAIN && zp->nidle));

    ngx_zos_pool_destroy_unused(zp);

    return rc;
}


void
ngx_zos_pool_cancel(ngx_zos_waiter_t *w)
{
    ngx_zos_pool_t  *zp;

    zp = w->pool;

    if (zp == NULL) {
        return;
    }

    w->pool = NULL;

    if (w->conn) {
        ngx_zos_pool_drop(w->conn);
        w->conn = NULL;
        return;
    }

    ngx_queue_remove(&w->queue);
    zp->nwaiting--;

    ngx_zos_pool_destroy_unused(zp);
}


static ngx_zos_pool_t *
ngx_zos_pool_lookup(ngx_zos_peer_t *peer)
{
    u_char          *p;
    size_t           len;
    uint32_t         hash;
    ngx_str_t        key;
    ngx_zos_pool_t  *zp;
    u_char           buffer[2048];

    len = peer->node.len + peer->socklen + peer->password.len + peer->host.len
          + 3 * sizeof(size_t) + 2 * sizeof(void *) + sizeof(ngx_uint_t);

    key.data = buffer;

    if (len > sizeof(buffer)) {
        key.data = ngx_alloc(len, ngx_cycle->log);
        if (key.data == NULL) {
            return NULL;
        }
    }

    p = ngx_zos_pool_key(key.data, peer);
    key.len = p - key.data;

    hash = ngx_murmur_hash2(key.data, key.len);

    zp = (ngx_zos_pool_t *) ngx_str_rbtree_lookup(&ngx_zos_pools.tree, &key,
                                                  hash);

    if (zp == NULL) {
        zp = ngx_zos_pool_create(peer, &key, hash);
    }

    if (key.data != buffer) {
        ngx_free(key.data);
    }

    return zp;
}


/* lengths go in, so that no two different peers spell the same */

static u_char *
ngx_zos_pool_key(u_char *p, ngx_zos_peer_t *peer)
{
    p = ngx_cpymem(p, &peer->zone, sizeof(void *));
    p = ngx_cpymem(p, &peer->tls, sizeof(void *));
    p = ngx_cpymem(p, &peer->token, sizeof(ngx_uint_t));
    p = ngx_cpymem(p, &peer->node.len, sizeof(size_t));
    p = ngx_cpymem(p, peer->node.data, peer->node.len);
    p = ngx_cpymem(p, &peer->host.len, sizeof(size_t));

    if (peer->host.len) {
        p = ngx_cpymem(p, peer->host.data, peer->host.len);
    }

    p = ngx_cpymem(p, &peer->password.len, sizeof(size_t));

    if (peer->password.len) {
        p = ngx_cpymem(p, peer->password.data, peer->password.len);
    }

    return ngx_cpymem(p, peer->sockaddr, peer->socklen);
}


static ngx_zos_pool_t *
ngx_zos_pool_create(ngx_zos_peer_t *peer, ngx_str_t *key, uint32_t hash)
{
    ngx_pool_t      *mem;
    ngx_zos_pool_t  *zp;

    mem = ngx_create_pool(1024, ngx_cycle->log);
    if (mem == NULL) {
        return NULL;
    }

    zp = ngx_pcalloc(mem, sizeof(ngx_zos_pool_t));

    if (zp == NULL) {
        goto failed;
    }

    zp->mem = mem;

    zp->sn.node.key = hash;
    zp->sn.str.len = key->len;
    zp->sn.str.data = ngx_pstrdup(mem, key);

    if (zp->sn.str.data == NULL
        || ngx_zos_peer_copy(mem, &zp->peer, peer) != NGX_OK)
    {
        goto failed;
    }

    ngx_queue_init(&zp->idle);
    ngx_queue_init(&zp->waiting);

    zp->expiry.handler = ngx_zos_pool_expiry_handler;
    zp->expiry.data = &ngx_zos_pools.dummy;
    zp->expiry.log = ngx_cycle->log;
    zp->expiry.cancelable = 1;

    ngx_rbtree_insert(&ngx_zos_pools.tree, &zp->sn.node);
    ngx_queue_insert_tail(&ngx_zos_pools.all, &zp->queue);

    return zp;

failed:

    ngx_destroy_pool(mem);

    return NULL;
}


ngx_int_t
ngx_zos_peer_copy(ngx_pool_t *mem, ngx_zos_peer_t *to, ngx_zos_peer_t *peer)
{
    *to = *peer;

    to->node.data = ngx_pstrdup(mem, &peer->node);
    to->host.data = ngx_pstrdup(mem, &peer->host);
    to->password.data = ngx_pstrdup(mem, &peer->password);
    to->address.data = ngx_pstrdup(mem, &peer->address);
    to->sockaddr = ngx_palloc(mem, peer->socklen);

    if (to->node.data == NULL || to->host.data == NULL
        || to->password.data == NULL || to->address.data == NULL
        || to->sockaddr == NULL)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(to->sockaddr, peer->sockaddr, peer->socklen);

    return NGX_OK;
}


/* a TLS session is worth keeping when the connections are gone */

static void
ngx_zos_pool_destroy_unused(ngx_zos_pool_t *zp)
{
    if (zp->nconns || zp->nwaiting) {
        return;
    }

    if (zp->session && !ngx_exiting && !ngx_terminate) {
        ngx_add_timer(&zp->expiry, NGX_ZOS_POOL_KEEP);
        return;
    }

    ngx_zos_pool_destroy(zp);
}


static void
ngx_zos_pool_expiry_handler(ngx_event_t *ev)
{
    ngx_zos_pool_t  *zp;

    zp = (ngx_zos_pool_t *) ((u_char *) ev
                             - offsetof(ngx_zos_pool_t, expiry));

    if (zp->nconns == 0 && zp->nwaiting == 0) {
        ngx_zos_pool_destroy(zp);
    }
}


static void
ngx_zos_pool_destroy(ngx_zos_pool_t *zp)
{
    ngx_rbtree_delete(&ngx_zos_pools.tree, &zp->sn.node);
    ngx_queue_remove(&zp->queue);

    if (zp->expiry.timer_set) {
        ngx_del_timer(&zp->expiry);
    }

    if (zp->session) {
        ngx_ssl_free_session(zp->session);
    }

    ngx_destroy_pool(zp->mem);
}


ngx_ssl_session_t **
ngx_zos_pool_session(ngx_zos_conn_t *zc)
{
    return &zc->pool->session;
}


/* NGX_BUSY: no place for another connection; else the waiter is answered */

static ngx_int_t
ngx_zos_pool_connect(ngx_zos_waiter_t *w)
{
    void            *cell;
    ngx_int_t        rc;
    ngx_zos_conn_t  *zc;
    ngx_zos_pool_t  *zp;

    zp = w->pool;
    cell = NULL;

    rc = ngx_zos_zone_take(zp->peer.zone, &zp->peer.node, w->conf->max_conns,
                           &cell);

    if (rc == NGX_BUSY
        || (rc == NGX_DECLINED && zp->nconns >= w->conf->max_conns))
    {
        return NGX_BUSY;
    }

    if (rc == NGX_ERROR) {
        goto failed;
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_WARN, w->log, 0,
                      "zos_zone is full, connections are not counted");
    }

    zc = ngx_zos_pool_conn(w, cell);
    if (zc == NULL) {
        goto failed;
    }

    /* nothing has been heard of the node for a while: it may have rebooted */

    if (zp->nconns == 0) {
        ngx_zos_zone_forget(zp->peer.zone, &zp->peer.node);
    }

    w->conn = zc;
    zp->nconns++;

    if (ngx_zos_conn_open(zc, w->conf->connect_timeout) == NGX_ERROR) {
        ngx_zos_pool_connect_failed(zc, NGX_ZOS_INTERNAL);
    }

    return NGX_OK;

failed:

    if (cell) {
        ngx_zos_zone_give(zp->peer.zone, cell);
    }

    w->pool = NULL;
    ngx_zos_pool_destroy_unused(zp);

    w->failed(w, NGX_ZOS_INTERNAL);

    return NGX_OK;
}


static ngx_zos_conn_t *
ngx_zos_pool_conn(ngx_zos_waiter_t *w, void *cell)
{
    ngx_pool_t      *mem;
    ngx_zos_conn_t  *zc;

    mem = ngx_create_pool(1024, w->log);
    if (mem == NULL) {
        return NULL;
    }

    zc = ngx_pcalloc(mem, sizeof(ngx_zos_conn_t));
    if (zc == NULL) {
        ngx_destroy_pool(mem);
        return NULL;
    }

    zc->mem = mem;
    zc->to = &w->pool->peer;
    zc->pool = w->pool;
    zc->cell = cell;
    zc->since = ngx_current_msec;
    zc->peer.log = w->log;
    zc->max_reply = w->conf->max_reply;
    zc->ready = ngx_zos_pool_connected;
    zc->failed = ngx_zos_pool_connect_failed;
    zc->data = w;

    return zc;
}


static void
ngx_zos_pool_connected(ngx_zos_conn_t *zc)
{
    ngx_zos_pool_use(zc->data, zc);
}


static void
ngx_zos_pool_connect_failed(ngx_zos_conn_t *zc, ngx_zos_error_e error)
{
    ngx_uint_t         n;
    ngx_zos_pool_t    *zp;
    ngx_zos_waiter_t  *w, *other;

    w = zc->data;
    zp = zc->pool;

    w->conn = NULL;
    w->pool = NULL;

    /* a node that can't be reached is so for all who wait, not one by one */

    if (zp->nconns == 1) {

        for (n = zp->nwaiting; n; n--) {
            other = ngx_zos_pool_dequeue(zp);
            other->pool = NULL;
            other->failed(other, error);
        }
    }

    ngx_zos_pool_drop(zc);

    w->failed(w, error);
}


static void
ngx_zos_pool_use(ngx_zos_waiter_t *w, ngx_zos_conn_t *zc)
{
    w->conn = NULL;
    w->pool = NULL;

    zc->max_reply = w->conf->max_reply;

    ngx_zos_conn_log(zc, w->log);

    w->ready(w, zc);
}


void
ngx_zos_pool_put(ngx_zos_conn_t *zc, ngx_zos_core0_conf_t *conf)
{
    ngx_connection_t  *c;
    ngx_zos_pool_t    *zp;
    ngx_zos_waiter_t  *w;

    c = zc->peer.connection;
    zp = zc->pool;

    zc->uses++;

    if (c->read->eof || c->read->error || c->error || c->close
        || zc->unsent.len || ngx_zos_resp_unread(zc->reader))
    {
        ngx_zos_pool_drop(zc);
        return;
    }

    if (zp->nwaiting) {

        if (ngx_zos_pool_wanted(zc)
            && ngx_current_msec - zc->since >= NGX_ZOS_POOL_TURN)
        {
            ngx_zos_pool_yield(zc);
            return;
        }

        w = ngx_zos_pool_dequeue(zp);
        ngx_zos_pool_use(w, zc);
        return;
    }

    if (zp->nidle >= conf->keepalive || ngx_terminate || ngx_exiting
        || zp->peer.token != (zp->peer.token ? ngx_zos_pools.token : 0)
        || ngx_zos_pool_wanted(zc))
    {
        ngx_zos_pool_drop(zc);
        return;
    }

    zc->data = NULL;
    zc->reply = ngx_zos_pool_idle_reply;
    zc->failed = ngx_zos_pool_idle_failed;

    ngx_queue_insert_head(&zp->idle, &zc->queue);
    zp->nidle++;

    /* the log of a request must not outlive it */

    ngx_zos_conn_log(zc, ngx_cycle->log);

    c->idle = 1;
    c->read->handler = ngx_zos_pool_idle_read_handler;
    c->write->handler = ngx_zos_pool_idle_write_handler;

    ngx_add_timer(c->read, conf->keepalive_timeout);
    ngx_reusable_connection(c, 1);

    if (ngx_zos_pools.shared && !ngx_zos_pools.share.timer_set) {
        ngx_add_timer(&ngx_zos_pools.share, NGX_ZOS_POOL_SHARE);
    }
}


static ngx_uint_t
ngx_zos_pool_wanted(ngx_zos_conn_t *zc)
{
    return zc->cell && ngx_zos_zone_wanted(zc->pool->peer.zone, zc->cell);
}


/*
 * A worker that always has somebody waiting would never let go of its places.
 * The one that has waited for longer looks again first.
 */

static void
ngx_zos_pool_yield(ngx_zos_conn_t *zc)
{
    ngx_zos_pool_t  *zp;

    zp = zc->pool;

    ngx_zos_pool_close_conn(zc);
    ngx_zos_pool_wait(zp);
}


void
ngx_zos_pool_drop(ngx_zos_conn_t *zc)
{
    ngx_zos_pool_t  *zp;

    zp = zc->pool;

    ngx_zos_pool_close_conn(zc);
    ngx_zos_pool_next(zp);
}


static void
ngx_zos_pool_close_conn(ngx_zos_conn_t *zc)
{
    void            *cell;
    ngx_zos_pool_t  *zp;

    zp = zc->pool;
    cell = zc->cell;

    zp->nconns--;

    ngx_zos_conn_close(zc);

    /* not before: another worker may take it at once */

    if (cell) {
        ngx_zos_zone_give(zp->peer.zone, cell);
    }
}


/* places may have become free */

static void
ngx_zos_pool_next(ngx_zos_pool_t *zp)
{
    ngx_zos_waiter_t  *w;

    if (zp->nwaiting == 0) {
        ngx_zos_pool_destroy_unused(zp);
        return;
    }

    /*
     * Taken out before the attempt, as this may end it; back to where it was
     * if there is no place.
     */

    w = ngx_zos_pool_dequeue(zp);

    if (ngx_zos_pool_connect(w) == NGX_BUSY) {
        ngx_queue_insert_head(&zp->waiting, &w->queue);
        zp->nwaiting++;

        ngx_zos_pool_wait(zp);
    }
}


/* other workers have the places, or other pools of this one */

static void
ngx_zos_pool_wait(ngx_zos_pool_t *zp)
{
    if ((ngx_zos_pools.shared || zp->nconns == 0)
        && !ngx_zos_pools.poll.timer_set)
    {
        ngx_add_timer(&ngx_zos_pools.poll, NGX_ZOS_POOL_POLL);
    }
}


static ngx_zos_waiter_t *
ngx_zos_pool_dequeue(ngx_zos_pool_t *zp)
{
    ngx_queue_t  *q;

    q = ngx_queue_head(&zp->waiting);

    ngx_queue_remove(q);
    zp->nwaiting--;

    return ngx_queue_data(q, ngx_zos_waiter_t, queue);
}


static ngx_zos_conn_t *
ngx_zos_pool_idle_conn(ngx_zos_pool_t *zp)
{
    ngx_queue_t       *q;
    ngx_zos_conn_t    *zc;
    ngx_connection_t  *c;

    if (zp->nidle == 0) {
        return NULL;
    }

    /* the most recently used: the others may end by themselves */

    q = ngx_queue_head(&zp->idle);
    ngx_queue_remove(q);
    zp->nidle--;

    zc = ngx_queue_data(q, ngx_zos_conn_t, queue);
    c = zc->peer.connection;

    c->idle = 0;
    c->read->handler = ngx_zos_conn_read_handler;
    c->write->handler = ngx_zos_conn_write_handler;

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    ngx_reusable_connection(c, 0);

    return zc;
}


static void
ngx_zos_pool_drop_idle(ngx_zos_pool_t *zp)
{
    ngx_zos_conn_t  *zc;

    zc = ngx_zos_pool_idle_conn(zp);

    if (zc) {
        ngx_zos_pool_drop(zc);
    }
}


static void
ngx_zos_pool_idle_read_handler(ngx_event_t *rev)
{
    u_char             buf[1];
    ssize_t            n;
    ngx_zos_conn_t    *zc;
    ngx_connection_t  *c;

    c = rev->data;
    zc = c->data;

    if (!c->close && !rev->timedout) {

        /* not MSG_PEEK: a TLS session ticket is no data of core0 */

        n = c->recv(c, buf, 1);

        if (n == NGX_AGAIN && ngx_handle_read_event(rev, 0) == NGX_OK) {
            return;
        }

        /* it was the node that ended it: maybe it reboots */

        ngx_zos_zone_forget(zc->to->zone, &zc->to->node);
    }

    ngx_zos_pool_idle_failed(zc, NGX_ZOS_CLOSED);
}


/* what arrives here was not asked for */

static ngx_int_t
ngx_zos_pool_idle_reply(ngx_zos_conn_t *zc, ngx_zos_resp_t *reply)
{
    ngx_zos_resp_free(reply);

    ngx_zos_pool_idle_failed(zc, NGX_ZOS_PROTOCOL);

    return NGX_DONE;
}


static void
ngx_zos_pool_idle_failed(ngx_zos_conn_t *zc, ngx_zos_error_e error)
{
    ngx_queue_remove(&zc->queue);
    zc->pool->nidle--;

    ngx_zos_pool_drop(zc);
}


static void
ngx_zos_pool_idle_write_handler(ngx_event_t *wev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_EVENT, wev->log, 0, "zos idle write");
}


static void
ngx_zos_pool_poll_handler(ngx_event_t *ev)
{
    ngx_queue_t     *q, *next;
    ngx_zos_pool_t  *zp;

    for (q = ngx_queue_head(&ngx_zos_pools.all);
         q != ngx_queue_sentinel(&ngx_zos_pools.all);
         q = next)
    {
        next = ngx_queue_next(q);

        zp = ngx_queue_data(q, ngx_zos_pool_t, queue);

        if (zp->nwaiting) {
            ngx_zos_pool_next(zp);
        }
    }
}


static void
ngx_zos_pool_share_handler(ngx_event_t *ev)
{
    ngx_uint_t       idle;
    ngx_queue_t     *q, *next;
    ngx_zos_conn_t  *zc;
    ngx_zos_pool_t  *zp;

    idle = 0;

    for (q = ngx_queue_head(&ngx_zos_pools.all);
         q != ngx_queue_sentinel(&ngx_zos_pools.all);
         q = next)
    {
        next = ngx_queue_next(q);

        zp = ngx_queue_data(q, ngx_zos_pool_t, queue);

        if (zp->nidle == 0) {
            continue;
        }

        idle = 1;

        zc = ngx_queue_data(ngx_queue_head(&zp->idle), ngx_zos_conn_t, queue);

        if (ngx_zos_pool_wanted(zc)) {
            ngx_zos_pool_drop_idle(zp);
        }
    }

    if (idle && !ngx_exiting) {
        ngx_add_timer(ev, NGX_ZOS_POOL_SHARE);
    }
}


void
ngx_zos_pool_init_worker(ngx_cycle_t *cycle)
{
    ngx_core_conf_t  *ccf;

    ngx_rbtree_init(&ngx_zos_pools.tree, &ngx_zos_pools.sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&ngx_zos_pools.all);

    ngx_zos_pools.dummy.fd = (ngx_socket_t) -1;

    ngx_zos_pools.poll.handler = ngx_zos_pool_poll_handler;
    ngx_zos_pools.poll.log = cycle->log;
    ngx_zos_pools.poll.data = &ngx_zos_pools.dummy;

    ngx_zos_pools.share.handler = ngx_zos_pool_share_handler;
    ngx_zos_pools.share.log = cycle->log;
    ngx_zos_pools.share.data = &ngx_zos_pools.dummy;
    ngx_zos_pools.share.cancelable = 1;

    /* while a reload goes on there are others too, if only for a while */

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    ngx_zos_pools.shared = (ccf->master && ngx_process == NGX_PROCESS_WORKER);
}


/*
 * nginx takes an open connection at the exit of a worker for a leak.  Called
 * again when the configuration goes that the pools point into.
 */

void
ngx_zos_pool_close_idle(void)
{
    ngx_zos_pool_close_node(NULL);
}


/* they would take the places of those with the new one */

void
ngx_zos_pool_token(ngx_uint_t generation)
{
    ngx_zos_pools.token = generation;

    ngx_zos_pool_close(NULL, generation);
}


void
ngx_zos_pool_close_node(ngx_str_t *node)
{
    ngx_zos_pool_close(node, 0);
}


/* "token": only those with an older one */

static void
ngx_zos_pool_close(ngx_str_t *node, ngx_uint_t token)
{
    ngx_uint_t       n;
    ngx_queue_t     *q, *next;
    ngx_zos_pool_t  *zp;

    if (ngx_zos_pools.all.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_zos_pools.all);
         q != ngx_queue_sentinel(&ngx_zos_pools.all);
         q = next)
    {
        next = ngx_queue_next(q);

        zp = ngx_queue_data(q, ngx_zos_pool_t, queue);

        if (node
            && (zp->peer.node.len != node->len
                || ngx_memcmp(zp->peer.node.data, node->data, node->len)
                   != 0))
        {
            continue;
        }

        if (token && (zp->peer.token == 0 || zp->peer.token == token)) {
            continue;
        }

        /* the last one takes the pool along */

        for (n = zp->nidle; n; n--) {
            ngx_zos_pool_drop_idle(zp);
        }
    }
}
