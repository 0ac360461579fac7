
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_entries.h>
#include <ngx_zos_zone.h>


typedef struct {
    ngx_str_node_t       sn;
    ngx_queue_t          lru;
    ngx_msec_t           expires;
    uint64_t             owner;      /* of a lock; 0: a text */
    size_t               size;       /* of the text, behind the key */
    u_char               key[1];
} ngx_zos_entry_t;


static ngx_zos_entry_t *ngx_zos_entry_find(ngx_zos_entries_t *entries,
    ngx_str_t *key);
static ngx_zos_entry_t *ngx_zos_entry_add(ngx_shm_zone_t *zone,
    ngx_str_t *key, size_t size);
static void ngx_zos_entry_free(ngx_zos_entries_t *entries,
    ngx_slab_pool_t *shpool, ngx_zos_entry_t *entry);
static ngx_msec_int_t ngx_zos_entry_left(ngx_zos_entry_t *entry);


void
ngx_zos_entries_init(ngx_zos_entries_t *entries)
{
    ngx_rbtree_init(&entries->tree, &entries->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&entries->lru);
}


ngx_int_t
ngx_zos_entry_get(ngx_shm_zone_t *zone, ngx_str_t *key, ngx_pool_t *pool,
    ngx_str_t *value, ngx_msec_t *left)
{
    ngx_int_t           rc;
    ngx_slab_pool_t    *shpool;
    ngx_zos_entry_t    *entry;
    ngx_zos_entries_t  *entries;

    entries = ngx_zos_zone_entries(zone, &shpool);
    rc = NGX_DECLINED;

    ngx_shmtx_lock(&shpool->mutex);

    entry = ngx_zos_entry_find(entries, key);

    if (entry == NULL || entry->owner) {
        goto done;
    }

    if (ngx_zos_entry_left(entry) <= 0) {
        ngx_zos_entry_free(entries, shpool, entry);
        goto done;
    }

    value->len = entry->size;
    value->data = ngx_pnalloc(pool, entry->size + 1);

    if (value->data == NULL) {
        rc = NGX_ERROR;
        goto done;
    }

    ngx_memcpy(value->data, entry->key + key->len, entry->size);

    *left = ngx_zos_entry_left(entry);
    rc = NGX_OK;

done:

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


void
ngx_zos_entry_set(ngx_shm_zone_t *zone, ngx_str_t *key, ngx_str_t *value,
    ngx_msec_t valid)
{
    ngx_slab_pool_t    *shpool;
    ngx_zos_entry_t    *entry;
    ngx_zos_entries_t  *entries;

    entries = ngx_zos_zone_entries(zone, &shpool);

    ngx_shmtx_lock(&shpool->mutex);

    entry = ngx_zos_entry_find(entries, key);

    if (entry && entry->size != value->len) {
        ngx_zos_entry_free(entries, shpool, entry);
        entry = NULL;
    }

    if (entry == NULL) {
        entry = ngx_zos_entry_add(zone, key, value->len);
    }

    if (entry) {
        ngx_memcpy(entry->key + key->len, value->data, value->len);
        entry->expires = ngx_current_msec + valid;
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_zos_entry_drop(ngx_shm_zone_t *zone, ngx_str_t *key)
{
    ngx_slab_pool_t    *shpool;
    ngx_zos_entry_t    *entry;
    ngx_zos_entries_t  *entries;

    entries = ngx_zos_zone_entries(zone, &shpool);

    ngx_shmtx_lock(&shpool->mutex);

    entry = ngx_zos_entry_find(entries, key);

    if (entry) {
        ngx_zos_entry_free(entries, shpool, entry);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_int_t
ngx_zos_entry_lock(ngx_shm_zone_t *zone, ngx_str_t *key, uint64_t owner,
    ngx_msec_t valid)
{
    ngx_int_t           rc;
    ngx_slab_pool_t    *shpool;
    ngx_zos_entry_t    *entry;
    ngx_zos_entries_t  *entries;

    entries = ngx_zos_zone_entries(zone, &shpool);
    rc = NGX_OK;

    ngx_shmtx_lock(&shpool->mutex);

    entry = ngx_zos_entry_find(entries, key);

    if (entry == NULL) {
        entry = ngx_zos_entry_add(zone, key, 0);

        if (entry == NULL) {
            rc = NGX_DECLINED;
            goto done;
        }

    } else if (entry->owner != owner && ngx_zos_entry_left(entry) > 0) {
        rc = NGX_BUSY;
        goto done;
    }

    entry->owner = owner;
    entry->expires = ngx_current_msec + valid;

done:

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


void
ngx_zos_entry_unlock(ngx_shm_zone_t *zone, ngx_str_t *key, uint64_t owner)
{
    ngx_slab_pool_t    *shpool;
    ngx_zos_entry_t    *entry;
    ngx_zos_entries_t  *entries;

    entries = ngx_zos_zone_entries(zone, &shpool);

    ngx_shmtx_lock(&shpool->mutex);

    entry = ngx_zos_entry_find(entries, key);

    if (entry && entry->owner == owner) {
        ngx_zos_entry_free(entries, shpool, entry);
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


/* under the lock, as all below */

static ngx_zos_entry_t *
ngx_zos_entry_find(ngx_zos_entries_t *entries, ngx_str_t *key)
{
    uint32_t          hash;
    ngx_zos_entry_t  *entry;

    hash = ngx_crc32_short(key->data, key->len);

    entry = (ngx_zos_entry_t *) ngx_str_rbtree_lookup(&entries->tree, key,
                                                      hash);

    if (entry) {
        ngx_queue_remove(&entry->lru);
        ngx_queue_insert_head(&entries->lru, &entry->lru);
    }

    return entry;
}


static ngx_zos_entry_t *
ngx_zos_entry_add(ngx_shm_zone_t *zone, ngx_str_t *key, size_t size)
{
    ngx_slab_pool_t    *shpool;
    ngx_zos_entry_t    *entry;
    ngx_zos_entries_t  *entries;

    entry = ngx_zos_zone_entry(zone, offsetof(ngx_zos_entry_t, key)
                                     + key->len + size);
    if (entry == NULL) {
        return NULL;
    }

    entries = ngx_zos_zone_entries(zone, &shpool);

    ngx_memcpy(entry->key, key->data, key->len);

    entry->size = size;
    entry->sn.node.key = ngx_crc32_short(key->data, key->len);
    entry->sn.str.data = entry->key;
    entry->sn.str.len = key->len;

    ngx_rbtree_insert(&entries->tree, &entry->sn.node);
    ngx_queue_insert_head(&entries->lru, &entry->lru);

    return entry;
}


ngx_uint_t
ngx_zos_entries_evict(ngx_zos_entries_t *entries, ngx_slab_pool_t *shpool)
{
    ngx_queue_t      *q;
    ngx_zos_entry_t  *entry;

    for (q = ngx_queue_last(&entries->lru);
         q != ngx_queue_sentinel(&entries->lru);
         q = ngx_queue_prev(q))
    {
        entry = ngx_queue_data(q, ngx_zos_entry_t, lru);

        if (entry->owner == 0 || ngx_zos_entry_left(entry) <= 0) {
            ngx_zos_entry_free(entries, shpool, entry);
            return 1;
        }
    }

    return 0;
}


static void
ngx_zos_entry_free(ngx_zos_entries_t *entries, ngx_slab_pool_t *shpool,
    ngx_zos_entry_t *entry)
{
    ngx_queue_remove(&entry->lru);
    ngx_rbtree_delete(&entries->tree, &entry->sn.node);
    ngx_slab_free_locked(shpool, entry);
}


static ngx_msec_int_t
ngx_zos_entry_left(ngx_zos_entry_t *entry)
{
    return (ngx_msec_int_t) (entry->expires - ngx_current_msec);
}
