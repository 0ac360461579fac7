
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What all workers know for a while: texts under keys, and locks.
 *
 * Keys start with what they are of ("node/", "lane/"), then the cluster: the
 * prefix and the repository of its AYS.  A text that has expired is not there.
 * A lock is held by one owner until it is given back or expires; an owner who
 * is not ready by then takes it again in time.  nginx has no way of waking
 * another worker, so who waits for a lock asks again.
 */


#ifndef _NGX_ZOS_ENTRIES_H_INCLUDED_
#define _NGX_ZOS_ENTRIES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_ZOS_ENTRIES_MAX_KEY  512


typedef struct {
    ngx_rbtree_t         tree;
    ngx_rbtree_node_t    sentinel;
    ngx_queue_t          lru;
} ngx_zos_entries_t;


void ngx_zos_entries_init(ngx_zos_entries_t *entries);

/* The least recently used one goes, locks that are held aside.  Locked. */
ngx_uint_t ngx_zos_entries_evict(ngx_zos_entries_t *entries,
    ngx_slab_pool_t *shpool);


/*
 * NGX_OK: a copy in the pool, good for another *left milliseconds.
 * NGX_DECLINED: there is none.
 */
ngx_int_t ngx_zos_entry_get(ngx_shm_zone_t *zone, ngx_str_t *key,
    ngx_pool_t *pool, ngx_str_t *value, ngx_msec_t *left);

/* Where the zone has no room, it is not kept. */
void ngx_zos_entry_set(ngx_shm_zone_t *zone, ngx_str_t *key,
    ngx_str_t *value, ngx_msec_t valid);

void ngx_zos_entry_drop(ngx_shm_zone_t *zone, ngx_str_t *key);

/*
 * Takes the lock, or takes it again.  "owner" is unique among all workers and
 * not 0.  NGX_BUSY: another one has it.  NGX_DECLINED: the zone has no room.
 */
ngx_int_t ngx_zos_entry_lock(ngx_shm_zone_t *zone, ngx_str_t *key,
    uint64_t owner, ngx_msec_t valid);
void ngx_zos_entry_unlock(ngx_shm_zone_t *zone, ngx_str_t *key,
    uint64_t owner);


#endif /* _NGX_ZOS_ENTRIES_H_INCLUDED_ */
