
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The state that workers share, in one zone: values only, short critical
 * sections, rebuildable at any moment.
 */


#ifndef _NGX_ZOS_ZONE_H_INCLUDED_
#define _NGX_ZOS_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_entries.h>


#define NGX_ZOS_MAX_CONNS  128


ngx_shm_zone_t *ngx_zos_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag);

/* Gives back what workers that are no more had taken. */
void ngx_zos_zone_init_worker(ngx_shm_zone_t *zone);

/*
 * Takes one of the "max" places for connections to the node; the workers
 * have them together.  NGX_BUSY: all are taken; whoever holds idle ones will
 * see it (ngx_zos_zone_wanted).  NGX_DECLINED: the zone is full of nodes in
 * use, the connection goes uncounted.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_zos_zone_take(ngx_shm_zone_t *zone, ngx_str_t *node,
    ngx_uint_t max, void **cell);
void ngx_zos_zone_give(ngx_shm_zone_t *zone, void *cell);

/*
 * NGX_OK: a place is free.  NGX_AGAIN: none, but no other worker waits for
 * one.  NGX_BUSY: one does.  NGX_DECLINED: as above.
 */
ngx_int_t ngx_zos_zone_spare(ngx_shm_zone_t *zone, ngx_str_t *node,
    ngx_uint_t max);

/* Another worker has waited for a place of this node in the last second. */
ngx_uint_t ngx_zos_zone_wanted(ngx_shm_zone_t *zone, void *cell);

/*
 * Container numbers, by node ("place": its id and address) and name.  They
 * are hints for reading: each lives for seconds, and all of a node's go with
 * ngx_zos_zone_forget(), when whatever may have renumbered them.  That begins
 * another epoch of the node; a number is good in the epoch it is of only.
 * NGX_DECLINED: not known.
 */
ngx_int_t ngx_zos_zone_container(ngx_shm_zone_t *zone, ngx_str_t *node,
    ngx_str_t *place, ngx_str_t *name, ngx_uint_t *number, ngx_uint_t *epoch);
void ngx_zos_zone_set_container(ngx_shm_zone_t *zone, ngx_str_t *node,
    ngx_str_t *place, ngx_str_t *name, ngx_uint_t number, ngx_uint_t epoch);
void ngx_zos_zone_forget(ngx_shm_zone_t *zone, ngx_str_t *node);

/* For src/ngx_zos_entries.c, with the pool whose mutex guards them. */
ngx_zos_entries_t *ngx_zos_zone_entries(ngx_shm_zone_t *zone,
    ngx_slab_pool_t **shpool);

/* Memory for an entry, under the lock, zeroed.  NULL: no room, or too large. */
void *ngx_zos_zone_entry(ngx_shm_zone_t *zone, size_t size);

/* For src/ngx_zos_slot.c, zeroed; made by the master.  NULL: no room. */
void *ngx_zos_zone_token(ngx_shm_zone_t *zone, size_t size,
    ngx_slab_pool_t **shpool);

/* 0: the zone has no room for the node. */
ngx_uint_t ngx_zos_zone_epoch(ngx_shm_zone_t *zone, ngx_str_t *node);


#endif /* _NGX_ZOS_ZONE_H_INCLUDED_ */
