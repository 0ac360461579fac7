
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Tokens that a worker process has verified, until they expire: looking at a
 * signature costs twenty times what all the rest of a request does.  Their
 * digests are kept and not the tokens.  What was used least recently makes
 * room.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>

#include <openssl/crypto.h>


#define NGX_ZOS_TOKENS       1024
#define NGX_ZOS_TOKENS_HEADS  256    /* lists, by the first byte */


typedef struct {
    ngx_queue_t   queue;             /* of all, the newest first */
    ngx_queue_t   list;
    u_char        digest[NGX_ZOS_JWT_DIGEST];
    time_t        expire;
    size_t        len;
    u_char        user[NGX_ZOS_USER_MAX];
} ngx_zos_token_t;


static ngx_zos_token_t *ngx_zos_tokens_get(u_char *digest);
static ngx_zos_token_t *ngx_zos_tokens_new(void);
static void ngx_zos_tokens_unlink(ngx_zos_token_t *token);


static ngx_uint_t    ngx_zos_tokens_count;
static ngx_queue_t   ngx_zos_tokens_queue;
static ngx_queue_t  *ngx_zos_tokens_heads;   /* NULL: nothing yet */
static EVP_MD_CTX   *ngx_zos_tokens_ctx;


ngx_int_t
ngx_zos_tokens_digest(ngx_zos_authority_t *authority, ngx_str_t *token,
    u_char *digest)
{
    EVP_MD_CTX  *ctx;

    if (ngx_zos_tokens_ctx == NULL) {
        ngx_zos_tokens_ctx = EVP_MD_CTX_new();
    }

    ctx = ngx_zos_tokens_ctx;

    if (ctx
        && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)
        && EVP_DigestUpdate(ctx, authority->digest, NGX_ZOS_JWT_DIGEST)
        && EVP_DigestUpdate(ctx, token->data, token->len)
        && EVP_DigestFinal_ex(ctx, digest, NULL))
    {
        return NGX_OK;
    }

    ERR_clear_error();

    return NGX_ERROR;
}


ngx_int_t
ngx_zos_tokens_find(u_char *digest, ngx_str_t *user)
{
    ngx_zos_token_t  *token;

    token = ngx_zos_tokens_get(digest);
    if (token == NULL) {
        return NGX_DECLINED;
    }

    if (token->expire <= ngx_time()) {
        ngx_zos_tokens_unlink(token);
        ngx_free(token);
        ngx_zos_tokens_count--;
        return NGX_DECLINED;
    }

    ngx_queue_remove(&token->queue);
    ngx_queue_insert_head(&ngx_zos_tokens_queue, &token->queue);

    user->len = token->len;
    user->data = token->user;

    return NGX_OK;
}


void
ngx_zos_tokens_add(u_char *digest, ngx_str_t *user, time_t expire)
{
    ngx_zos_token_t  *token;

    token = ngx_zos_tokens_new();
    if (token == NULL) {
        return;
    }

    token->expire = expire;
    token->len = user->len;

    ngx_memcpy(token->digest, digest, NGX_ZOS_JWT_DIGEST);

    if (user->len) {
        ngx_memcpy(token->user, user->data, user->len);
    }

    ngx_queue_insert_head(&ngx_zos_tokens_queue, &token->queue);
    ngx_queue_insert_head(&ngx_zos_tokens_heads[*digest], &token->list);
}


void
ngx_zos_tokens_free(void)
{
    ngx_zos_token_t  *token;

    EVP_MD_CTX_free(ngx_zos_tokens_ctx);
    ngx_zos_tokens_ctx = NULL;

    if (ngx_zos_tokens_heads == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_zos_tokens_queue)) {
        token = ngx_queue_data(ngx_queue_head(&ngx_zos_tokens_queue),
                               ngx_zos_token_t, queue);

        /* the analyzer does not see that the queue loses its head */

        ngx_zos_tokens_unlink(token); /* NOLINT(clang-analyzer-unix.Malloc) */
        ngx_free(token);
    }

    ngx_free(ngx_zos_tokens_heads);
    ngx_zos_tokens_heads = NULL;
    ngx_zos_tokens_count = 0;
}


/* in constant time: how much of a digest is right is nobody's business */

static ngx_zos_token_t *
ngx_zos_tokens_get(u_char *digest)
{
    ngx_queue_t      *head, *q;
    ngx_zos_token_t  *token;

    if (ngx_zos_tokens_heads == NULL) {
        return NULL;
    }

    head = &ngx_zos_tokens_heads[*digest];

    for (q = ngx_queue_head(head);
         q != ngx_queue_sentinel(head);
         q = ngx_queue_next(q))
    {
        token = ngx_queue_data(q, ngx_zos_token_t, list);

        if (CRYPTO_memcmp(token->digest, digest, NGX_ZOS_JWT_DIGEST) == 0) {
            return token;
        }
    }

    return NULL;
}


static ngx_zos_token_t *
ngx_zos_tokens_new(void)
{
    ngx_uint_t        i;
    ngx_zos_token_t  *token;

    if (ngx_zos_tokens_heads == NULL) {
        ngx_zos_tokens_heads = ngx_alloc(NGX_ZOS_TOKENS_HEADS
                                         * sizeof(ngx_queue_t),
                                         ngx_cycle->log);
        if (ngx_zos_tokens_heads == NULL) {
            return NULL;
        }

        ngx_queue_init(&ngx_zos_tokens_queue);

        for (i = 0; i < NGX_ZOS_TOKENS_HEADS; i++) {
            ngx_queue_init(&ngx_zos_tokens_heads[i]);
        }
    }

    if (ngx_zos_tokens_count == NGX_ZOS_TOKENS) {
        token = ngx_queue_data(ngx_queue_last(&ngx_zos_tokens_queue),
                               ngx_zos_token_t, queue);
        ngx_zos_tokens_unlink(token);
        return token;
    }

    token = ngx_alloc(sizeof(ngx_zos_token_t), ngx_cycle->log);

    if (token) {
        ngx_zos_tokens_count++;
    }

    return token;
}


static void
ngx_zos_tokens_unlink(ngx_zos_token_t *token)
{
    ngx_queue_remove(&token->queue);
    ngx_queue_remove(&token->list);
}
