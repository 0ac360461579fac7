
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_token.h>

#include <openssl/sha.h>


#define NGX_ZOS_SLOT_BACKOFF      5000      /* ms after a failure, doubling */
#define NGX_ZOS_SLOT_MAX_BACKOFF  300000
#define NGX_ZOS_SLOT_POLL         1000      /* while another one renews */


typedef struct {
    ngx_zos_token_value_t   token;
    time_t                  received;     /* 0: it was in the file */
    ngx_uint_t              jitter;       /* thousandths */
    ngx_uint_t              owner;        /* process slot + 1; 0: nobody */
    ngx_msec_t              lease;        /* ... until then */
    ngx_uint_t              failures;     /* since it was renewed */
    ngx_msec_t              next;         /* not before that */
    ngx_uint_t              warned;
    u_char                  file[NGX_ZOS_TOKEN_DIGEST];   /* what it has */
} ngx_zos_slot_t;


static ngx_zos_slot_t *ngx_zos_slot(ngx_shm_zone_t *zone,
    ngx_slab_pool_t **shpool);
static void ngx_zos_slot_digest(ngx_str_t *value, u_char *digest);
static void ngx_zos_slot_put(ngx_zos_slot_t *slot, ngx_str_t *value,
    time_t expires);
static time_t ngx_zos_slot_due(ngx_zos_slot_t *slot, time_t before);


static ngx_zos_slot_t *
ngx_zos_slot(ngx_shm_zone_t *zone, ngx_slab_pool_t **shpool)
{
    return ngx_zos_zone_token(zone, sizeof(ngx_zos_slot_t), shpool);
}


ngx_int_t
ngx_zos_slot_load(ngx_shm_zone_t *zone, ngx_str_t *value, time_t expires)
{
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;
    u_char            digest[NGX_ZOS_TOKEN_DIGEST];

    slot = ngx_zos_slot(zone, &shpool);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    ngx_zos_slot_digest(value, digest);

    ngx_shmtx_lock(&shpool->mutex);

    /* between a renewal and the note that it was saved the values tell */

    if (slot->token.generation == 0
        || (ngx_memcmp(digest, slot->file, NGX_ZOS_TOKEN_DIGEST) != 0
            && (slot->token.len != value->len
                || ngx_memcmp(slot->token.value, value->data, value->len)
                   != 0)))
    {
        ngx_zos_slot_put(slot, value, expires);

        /* when that was is not known */

        slot->received = 0;
    }

    ngx_memcpy(slot->file, digest, NGX_ZOS_TOKEN_DIGEST);

    /* whatever was in the way may be gone */

    slot->failures = 0;
    slot->next = ngx_current_msec;
    slot->warned = 0;

    ngx_shmtx_unlock(&shpool->mutex);

    return NGX_OK;
}


static void
ngx_zos_slot_digest(ngx_str_t *value, u_char *digest)
{
    (void) SHA256(value->data, value->len, digest);
}


/* under the lock */

static void
ngx_zos_slot_put(ngx_zos_slot_t *slot, ngx_str_t *value, time_t expires)
{
    ngx_memcpy(slot->token.value, value->data, value->len);

    slot->token.len = value->len;
    slot->token.expires = expires;
    slot->token.generation++;

    slot->received = ngx_time();

    /* the master has no seed */

    slot->jitter = (ngx_random() ^ ngx_pid ^ ngx_cached_time->msec) % 1000;
}


ngx_uint_t
ngx_zos_slot_generation(ngx_shm_zone_t *zone)
{
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    return slot ? slot->token.generation : 0;
}


void
ngx_zos_slot_read(ngx_shm_zone_t *zone, ngx_zos_token_value_t *value)
{
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    if (slot == NULL) {
        value->generation = 0;
        return;
    }

    ngx_shmtx_lock(&shpool->mutex);

    ngx_memcpy(value, &slot->token, sizeof(ngx_zos_token_value_t));

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_int_t
ngx_zos_slot_lease(ngx_shm_zone_t *zone, time_t before, ngx_msec_t lease,
    ngx_msec_t *wait)
{
    time_t            left;
    ngx_int_t         rc;
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    *wait = NGX_ZOS_SLOT_MAX_BACKOFF;

    if (slot == NULL) {
        return NGX_BUSY;
    }

    rc = NGX_BUSY;

    ngx_shmtx_lock(&shpool->mutex);

    left = ngx_zos_slot_due(slot, before) - ngx_time();

    if (left > 0) {
        *wait = ngx_min((ngx_msec_t) left * 1000, NGX_ZOS_SLOT_MAX_BACKOFF);

    } else if (slot->owner
               && (ngx_msec_int_t) (slot->lease - ngx_current_msec) > 0)
    {
        *wait = NGX_ZOS_SLOT_POLL;

    } else if ((ngx_msec_int_t) (slot->next - ngx_current_msec) > 0) {
        *wait = slot->next - ngx_current_msec;

    } else {
        slot->owner = ngx_process_slot + 1;
        slot->lease = ngx_current_msec + lease;
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


/*
 * Somewhat earlier than "before" its end, as other gateways renew theirs,
 * too; but not in the first half of its time.
 */

static time_t
ngx_zos_slot_due(ngx_zos_slot_t *slot, time_t before)
{
    time_t  half;

    before += before * slot->jitter / 10000;
    half = (slot->token.expires - slot->received) / 2;

    return slot->token.expires - ngx_min(before, ngx_max(half, 0));
}


ngx_int_t
ngx_zos_slot_renewed(ngx_shm_zone_t *zone, ngx_uint_t generation,
    ngx_str_t *value, time_t expires)
{
    ngx_int_t         rc;
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    if (slot == NULL) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&shpool->mutex);

    if (slot->token.generation == generation) {
        ngx_zos_slot_put(slot, value, expires);
        slot->failures = 0;
        rc = NGX_OK;
    }

    if (slot->owner == (ngx_uint_t) ngx_process_slot + 1) {
        slot->owner = 0;
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


void
ngx_zos_slot_failed(ngx_shm_zone_t *zone)
{
    ngx_msec_t        pause;
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    if (slot == NULL) {
        return;
    }

    ngx_shmtx_lock(&shpool->mutex);

    pause = (ngx_msec_t) NGX_ZOS_SLOT_BACKOFF << ngx_min(slot->failures, 8);
    pause = ngx_min(pause, NGX_ZOS_SLOT_MAX_BACKOFF);

    /* three to four quarters of it */

    slot->next = ngx_current_msec + pause - ngx_random() % (pause / 4);
    slot->failures++;

    if (slot->owner == (ngx_uint_t) ngx_process_slot + 1) {
        slot->owner = 0;
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_zos_slot_release(ngx_shm_zone_t *zone)
{
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    if (slot == NULL) {
        return;
    }

    ngx_shmtx_lock(&shpool->mutex);

    if (slot->owner == (ngx_uint_t) ngx_process_slot + 1) {
        slot->owner = 0;
    }

    ngx_shmtx_unlock(&shpool->mutex);
}


void
ngx_zos_slot_saved(ngx_shm_zone_t *zone, ngx_str_t *value)
{
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;
    u_char            digest[NGX_ZOS_TOKEN_DIGEST];

    slot = ngx_zos_slot(zone, &shpool);

    if (slot == NULL) {
        return;
    }

    ngx_zos_slot_digest(value, digest);

    ngx_shmtx_lock(&shpool->mutex);

    ngx_memcpy(slot->file, digest, NGX_ZOS_TOKEN_DIGEST);

    ngx_shmtx_unlock(&shpool->mutex);
}


ngx_uint_t
ngx_zos_slot_not_saved(ngx_shm_zone_t *zone)
{
    ngx_uint_t        first;
    ngx_zos_slot_t   *slot;
    ngx_slab_pool_t  *shpool;

    slot = ngx_zos_slot(zone, &shpool);

    if (slot == NULL) {
        return 1;
    }

    ngx_shmtx_lock(&shpool->mutex);

    first = !slot->warned;
    slot->warned = 1;

    ngx_shmtx_unlock(&shpool->mutex);

    return first;
}
