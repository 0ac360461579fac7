
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_zone.h>


/* the layout of the zone; another one starts empty */

#define NGX_ZOS_ZONE_VERSION       5

#define NGX_ZOS_ZONE_CONTAINER_VALID  5000     /* ms */
#define NGX_ZOS_ZONE_MAX_KEY          1024
#define NGX_ZOS_ZONE_SWEEP            1000     /* ms */


/*
 * A node's places.  Each names its holder, so that a worker that dies in the
 * middle leaves nothing behind for good: who finds no place looks whether the
 * holders are there.
 */

typedef struct {
    ngx_str_node_t       sn;
    ngx_queue_t          lru;
    ngx_msec_t           wanted;     /* the last time */
    ngx_pid_t            by;
    ngx_msec_t           swept;
    ngx_uint_t           epoch;      /* of its container numbers */
    ngx_pid_t            owner[NGX_ZOS_MAX_CONNS];   /* 0: free */
    u_char               id[1];
} ngx_zos_zone_node_t;


typedef struct {
    ngx_str_node_t       sn;
    ngx_queue_t          lru;
    ngx_msec_t           expires;
    ngx_uint_t           epoch;
    ngx_uint_t           number;
    u_char               key[1];
} ngx_zos_zone_container_t;


typedef struct {
    ngx_uint_t           version;
    ngx_uint_t           epoch;      /* the last one given to a node */

    ngx_rbtree_t         nodes;
    ngx_rbtree_node_t    sentinel;
    ngx_queue_t          lru;

    ngx_rbtree_t         containers;
    ngx_rbtree_node_t    containers_sentinel;
    ngx_queue_t          containers_lru;

    ngx_zos_entries_t    entries;
    void                *token;      /* of src/ngx_zos_slot.c */
} ngx_zos_zone_sh_t;


typedef struct {
    ngx_zos_zone_sh_t   *sh;
    ngx_slab_pool_t     *shpool;
} ngx_zos_zone_t;


/* what a worker holds: private, and points into the zone */

typedef struct {
    ngx_zos_zone_node_t  *node;
    ngx_uint_t            n;
} ngx_zos_zone_cell_t;


static ngx_int_t ngx_zos_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_zos_zone_node_t *ngx_zos_zone_node(ngx_zos_zone_t *zone,
    ngx_str_t *id);
static void ngx_zos_zone_sweep(ngx_zos_zone_node_t *node);
static void *ngx_zos_zone_calloc(ngx_zos_zone_t *zone, size_t size);
static ngx_uint_t ngx_zos_zone_waited(ngx_zos_zone_node_t *node);
static ngx_uint_t ngx_zos_zone_evict(ngx_zos_zone_t *zone);
static ngx_int_t ngx_zos_zone_key(u_char *buffer, ngx_str_t *place,
    ngx_str_t *name, ngx_str_t *key);
static void ngx_zos_zone_drop_container(ngx_zos_zone_t *zone,
    ngx_zos_zone_container_t *container);


ngx_shm_zone_t *
ngx_zos_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    ngx_shm_zone_t  *shm_zone;
    ngx_zos_zone_t  *zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_zos_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    shm_zone = ngx_shared_memory_add(cf, name, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    shm_zone->init = ngx_zos_zone_init;
    shm_zone->data = zone;

    return shm_zone;
}


static ngx_int_t
ngx_zos_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t           len;
    ngx_zos_zone_t  *zone, *old;

    zone = shm_zone->data;
    old = data;

    if (old) {
        *zone = *old;
        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;

        return zone->sh->version == NGX_ZOS_ZONE_VERSION ? NGX_OK : NGX_ERROR;
    }

    zone->sh = ngx_slab_calloc(zone->shpool, sizeof(ngx_zos_zone_sh_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    zone->sh->version = NGX_ZOS_ZONE_VERSION;

    ngx_rbtree_init(&zone->sh->nodes, &zone->sh->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&zone->sh->lru);

    ngx_rbtree_init(&zone->sh->containers, &zone->sh->containers_sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&zone->sh->containers_lru);

    ngx_zos_entries_init(&zone->sh->entries);

    zone->shpool->data = zone->sh;

    len = sizeof(" in zos_zone \"\"") + shm_zone->shm.name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in zos_zone \"%V\"%Z",
                &shm_zone->shm.name);

    /* a full zone evicts */

    zone->shpool->log_nomem = 0;

    return NGX_OK;
}


void
ngx_zos_zone_init_worker(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t            i;
    ngx_queue_t          *q;
    ngx_zos_zone_t       *zone;
    ngx_zos_zone_node_t  *node;

    zone = shm_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (q = ngx_queue_head(&zone->sh->lru);
         q != ngx_queue_sentinel(&zone->sh->lru);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_zos_zone_node_t, lru);

        for (i = 0; i < NGX_ZOS_MAX_CONNS; i++) {

            /* process ids come again */

            if (node->owner[i] == ngx_pid) {
                node->owner[i] = 0;
            }
        }

        ngx_zos_zone_sweep(node);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_int_t
ngx_zos_zone_take(ngx_shm_zone_t *shm_zone, ngx_str_t *id, ngx_uint_t max,
    void **result)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_zos_zone_t       *zone;
    ngx_zos_zone_cell_t  *cell;
    ngx_zos_zone_node_t  *node;

    zone = shm_zone->data;

    cell = ngx_alloc(sizeof(ngx_zos_zone_cell_t), ngx_cycle->log);
    if (cell == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_BUSY;

    ngx_shmtx_lock(&zone->shpool->mutex);

    node = ngx_zos_zone_node(zone, id);

    if (node == NULL) {
        rc = NGX_DECLINED;
        goto done;
    }

    for (i = 0; i < max && node->owner[i]; i++) { /* void */ }

    if (i == max && ngx_current_msec - node->swept >= NGX_ZOS_ZONE_SWEEP) {
        ngx_zos_zone_sweep(node);

        for (i = 0; i < max && node->owner[i]; i++) { /* void */ }
    }

    if (i < max) {
        node->owner[i] = ngx_pid;
        cell->node = node;
        cell->n = i;
        rc = NGX_OK;
        goto done;
    }

    node->wanted = ngx_current_msec;
    node->by = ngx_pid;

done:

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc != NGX_OK) {
        ngx_free(cell);
        return rc;
    }

    *result = cell;

    return NGX_OK;
}


ngx_int_t
ngx_zos_zone_spare(ngx_shm_zone_t *shm_zone, ngx_str_t *id, ngx_uint_t max)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_zos_zone_t       *zone;
    ngx_zos_zone_node_t  *node;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    ngx_shmtx_lock(&zone->shpool->mutex);

    node = ngx_zos_zone_node(zone, id);

    if (node) {
        rc = ngx_zos_zone_waited(node) ? NGX_BUSY : NGX_AGAIN;

        for (i = 0; rc == NGX_AGAIN && i < max; i++) {
            rc = node->owner[i] ? NGX_AGAIN : NGX_OK;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


/*
 * Another worker looked for a place in vain, and maybe waits still; its clock
 * may be ahead of ours.
 */

static ngx_uint_t
ngx_zos_zone_waited(ngx_zos_zone_node_t *node)
{
    return node->wanted
           && node->by != ngx_pid
           && (ngx_msec_int_t) (ngx_current_msec - node->wanted) < 1000;
}


/* under the lock, as all below that are static */

static void
ngx_zos_zone_sweep(ngx_zos_zone_node_t *node)
{
    ngx_uint_t  i;

    node->swept = ngx_current_msec;

    for (i = 0; i < NGX_ZOS_MAX_CONNS; i++) {
        if (node->owner[i] && kill(node->owner[i], 0) == -1
            && ngx_errno == NGX_ESRCH)
        {
            node->owner[i] = 0;
        }
    }
}


static ngx_zos_zone_node_t *
ngx_zos_zone_node(ngx_zos_zone_t *zone, ngx_str_t *id)
{
    uint32_t              hash;
    ngx_zos_zone_node_t  *node;

    hash = ngx_crc32_short(id->data, id->len);

    node = (ngx_zos_zone_node_t *) ngx_str_rbtree_lookup(&zone->sh->nodes, id,
                                                         hash);

    if (node) {
        ngx_queue_remove(&node->lru);
        ngx_queue_insert_head(&zone->sh->lru, &node->lru);
        return node;
    }

    node = ngx_zos_zone_calloc(zone, offsetof(ngx_zos_zone_node_t, id)
                                     + id->len);
    if (node == NULL) {
        return NULL;
    }

    ngx_memcpy(node->id, id->data, id->len);

    node->epoch = ++zone->sh->epoch;

    node->sn.str.data = node->id;
    node->sn.str.len = id->len;
    node->sn.node.key = hash;

    ngx_rbtree_insert(&zone->sh->nodes, &node->sn.node);
    ngx_queue_insert_head(&zone->sh->lru, &node->lru);

    return node;
}


static void *
ngx_zos_zone_calloc(ngx_zos_zone_t *zone, size_t size)
{
    void  *p;

    do {
        p = ngx_slab_calloc_locked(zone->shpool, size);

    } while (p == NULL && ngx_zos_zone_evict(zone));

    return p;
}


/* what costs the least to know again first; what is held stays */

static ngx_uint_t
ngx_zos_zone_evict(ngx_zos_zone_t *zone)
{
    ngx_uint_t            i;
    ngx_queue_t          *q;
    ngx_zos_zone_node_t  *node;

    if (!ngx_queue_empty(&zone->sh->containers_lru)) {
        q = ngx_queue_last(&zone->sh->containers_lru);

        ngx_zos_zone_drop_container(zone,
                        ngx_queue_data(q, ngx_zos_zone_container_t, lru));
        return 1;
    }

    if (ngx_zos_entries_evict(&zone->sh->entries, zone->shpool)) {
        return 1;
    }

    for (q = ngx_queue_last(&zone->sh->lru);
         q != ngx_queue_sentinel(&zone->sh->lru);
         q = ngx_queue_prev(q))
    {
        node = ngx_queue_data(q, ngx_zos_zone_node_t, lru);

        for (i = 0; i < NGX_ZOS_MAX_CONNS; i++) {
            if (node->owner[i]) {
                break;
            }
        }

        if (i == NGX_ZOS_MAX_CONNS) {
            ngx_queue_remove(&node->lru);
            ngx_rbtree_delete(&zone->sh->nodes, &node->sn.node);
            ngx_slab_free_locked(zone->shpool, node);
            return 1;
        }
    }

    return 0;
}


void
ngx_zos_zone_give(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_zos_zone_t       *zone;
    ngx_zos_zone_cell_t  *cell;

    zone = shm_zone->data;
    cell = data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    cell->node->owner[cell->n] = 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);

    ngx_free(cell);
}


ngx_uint_t
ngx_zos_zone_wanted(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_zos_zone_cell_t  *cell = data;

    /* a hint: no lock */

    return ngx_zos_zone_waited(cell->node);
}


ngx_zos_entries_t *
ngx_zos_zone_entries(ngx_shm_zone_t *shm_zone, ngx_slab_pool_t **shpool)
{
    ngx_zos_zone_t  *zone;

    zone = shm_zone->data;

    *shpool = zone->shpool;

    return &zone->sh->entries;
}


void *
ngx_zos_zone_entry(ngx_shm_zone_t *shm_zone, size_t size)
{
    /* it must not cost all the others */

    if (size > shm_zone->shm.size / 4) {
        return NULL;
    }

    return ngx_zos_zone_calloc(shm_zone->data, size);
}


void *
ngx_zos_zone_token(ngx_shm_zone_t *shm_zone, size_t size,
    ngx_slab_pool_t **shpool)
{
    ngx_zos_zone_t  *zone;

    zone = shm_zone->data;

    *shpool = zone->shpool;

    if (zone->sh->token) {
        return zone->sh->token;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    if (zone->sh->token == NULL) {
        zone->sh->token = ngx_zos_zone_calloc(zone, size);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return zone->sh->token;
}


/* names have no "/", so the last one of a key divides it */

static ngx_int_t
ngx_zos_zone_key(u_char *buffer, ngx_str_t *place, ngx_str_t *name,
    ngx_str_t *key)
{
    u_char  *p;

    if (place->len + name->len + 1 > NGX_ZOS_ZONE_MAX_KEY) {
        return NGX_DECLINED;
    }

    p = ngx_cpymem(buffer, place->data, place->len);
    *p++ = '/';
    p = ngx_cpymem(p, name->data, name->len);

    key->data = buffer;
    key->len = p - buffer;

    return NGX_OK;
}


ngx_int_t
ngx_zos_zone_container(ngx_shm_zone_t *shm_zone, ngx_str_t *id,
    ngx_str_t *place, ngx_str_t *name, ngx_uint_t *number, ngx_uint_t *epoch)
{
    uint32_t                   hash;
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_zos_zone_t            *zone;
    ngx_zos_zone_node_t       *node;
    ngx_zos_zone_container_t  *container;
    u_char                     buffer[NGX_ZOS_ZONE_MAX_KEY];

    if (ngx_zos_zone_key(buffer, place, name, &key) != NGX_OK) {
        return NGX_DECLINED;
    }

    zone = shm_zone->data;
    rc = NGX_DECLINED;
    hash = ngx_crc32_short(key.data, key.len);

    ngx_shmtx_lock(&zone->shpool->mutex);

    node = ngx_zos_zone_node(zone, id);

    container = (ngx_zos_zone_container_t *)
                    ngx_str_rbtree_lookup(&zone->sh->containers, &key, hash);

    if (container) {

        if (node && container->epoch == node->epoch
            && (ngx_msec_int_t) (container->expires - ngx_current_msec) > 0)
        {
            *number = container->number;
            *epoch = container->epoch;
            rc = NGX_OK;

            ngx_queue_remove(&container->lru);
            ngx_queue_insert_head(&zone->sh->containers_lru,
                                  &container->lru);

        } else {
            ngx_zos_zone_drop_container(zone, container);
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


static void
ngx_zos_zone_drop_container(ngx_zos_zone_t *zone,
    ngx_zos_zone_container_t *container)
{
    ngx_queue_remove(&container->lru);
    ngx_rbtree_delete(&zone->sh->containers, &container->sn.node);
    ngx_slab_free_locked(zone->shpool, container);
}


void
ngx_zos_zone_set_container(ngx_shm_zone_t *shm_zone, ngx_str_t *id,
    ngx_str_t *place, ngx_str_t *name, ngx_uint_t number, ngx_uint_t epoch)
{
    uint32_t                   hash;
    ngx_str_t                  key;
    ngx_zos_zone_t            *zone;
    ngx_zos_zone_node_t       *node;
    ngx_zos_zone_container_t  *container;
    u_char                     buffer[NGX_ZOS_ZONE_MAX_KEY];

    if (ngx_zos_zone_key(buffer, place, name, &key) != NGX_OK) {
        return;
    }

    zone = shm_zone->data;
    hash = ngx_crc32_short(key.data, key.len);

    ngx_shmtx_lock(&zone->shpool->mutex);

    /* it must not be older than what is asked of it */

    node = ngx_zos_zone_node(zone, id);

    if (node == NULL || node->epoch != epoch) {
        goto done;
    }

    container = (ngx_zos_zone_container_t *)
                    ngx_str_rbtree_lookup(&zone->sh->containers, &key, hash);

    if (container == NULL) {
        container = ngx_zos_zone_calloc(zone,
                         offsetof(ngx_zos_zone_container_t, key) + key.len);

        if (container == NULL) {
            goto done;
        }

        ngx_memcpy(container->key, key.data, key.len);

        container->sn.node.key = hash;
        container->sn.str.data = container->key;
        container->sn.str.len = key.len;

        ngx_rbtree_insert(&zone->sh->containers, &container->sn.node);
        ngx_queue_insert_head(&zone->sh->containers_lru, &container->lru);
    }

    container->number = number;
    container->epoch = epoch;
    container->expires = ngx_current_msec + NGX_ZOS_ZONE_CONTAINER_VALID;

done:

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


void
ngx_zos_zone_forget(ngx_shm_zone_t *shm_zone, ngx_str_t *id)
{
    ngx_zos_zone_t       *zone;
    ngx_zos_zone_node_t  *node;

    zone = shm_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    node = ngx_zos_zone_node(zone, id);

    if (node) {
        node->epoch = ++zone->sh->epoch;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_uint_t
ngx_zos_zone_epoch(ngx_shm_zone_t *shm_zone, ngx_str_t *id)
{
    ngx_uint_t            epoch;
    ngx_zos_zone_t       *zone;
    ngx_zos_zone_node_t  *node;

    zone = shm_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    node = ngx_zos_zone_node(zone, id);
    epoch = node ? node->epoch : 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return epoch;
}
