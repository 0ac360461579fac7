
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Tokens.  The first byte of the input says whether the rest is a token as it
 * is, or a header and a payload, a line each, that are signed with the key;
 * and whether something is changed after that.  Only what was signed is
 * accepted, and who is let in is asked a second time.
 */


#include "fuzz.h"

#include <openssl/ecdsa.h>
#include <openssl/pem.h>


#define FUZZ_TOKEN_RAW      0
#define FUZZ_TOKEN_SIGNED   1
#define FUZZ_TOKEN_CHANGED  2

#define FUZZ_TOKEN_NOW      1500000000


static void fuzz_token_sign(ngx_str_t *input, ngx_str_t *token);
static void fuzz_token_signature(u_char *text, size_t len, u_char *bytes);
static u_char *fuzz_token_part(u_char *p, ngx_str_t *bytes);
static void fuzz_token_verified(ngx_uint_t kind, ngx_str_t *token,
    ngx_uint_t good);
static ngx_uint_t fuzz_token_good(ngx_str_t *input);
static void fuzz_token_auth(ngx_str_t *token, ngx_str_t *payload,
    ngx_uint_t verified);
static ngx_int_t fuzz_token_ask(ngx_str_t *token, ngx_str_t *user);
static ngx_uint_t fuzz_token_allowed(ngx_str_t *payload);


static EVP_PKEY  *fuzz_key;


/* for fuzz.conf, before it is read: one for each process */

void
fuzz_jwt_key(const char *file)
{
    FILE  *f;

    fuzz_key = EVP_EC_gen("P-384");
    fuzz_assert(fuzz_key);

    f = fopen(file, "w");
    fuzz_assert(f);
    fuzz_assert(PEM_write_PUBKEY(f, fuzz_key) == 1);
    fclose(f);
}


void
fuzz_jwt(ngx_str_t *input)
{
    ngx_str_t    token, payload;
    ngx_time_t  *time;
    ngx_uint_t   kind, position, change, good;

    time = (ngx_time_t *) ngx_cached_time;
    time->sec = FUZZ_TOKEN_NOW;

    kind = fuzz_byte(input) % 3;

    if (kind == FUZZ_TOKEN_RAW) {
        fuzz_token_verified(kind, input, 0);
        ngx_str_null(&payload);
        fuzz_token_auth(input, &payload, 0);
        return;
    }

    position = 0;
    change = 0;

    if (kind == FUZZ_TOKEN_CHANGED) {
        position = fuzz_byte(input) << 8;
        position |= fuzz_byte(input);
        change = fuzz_byte(input);
    }

    if (input->len == 0) {
        return;
    }

    good = fuzz_token_good(input);

    fuzz_token_sign(input, &token);

    if (change) {
        token.data[position % token.len] ^= change;
        good = 0;
    }

    fuzz_token_verified(kind, &token, good);

    payload = *input;
    (void) fuzz_until(&payload, LF);

    fuzz_token_auth(&token, &payload, good);

    free(token.data);
}


static void
fuzz_token_sign(ngx_str_t *input, ngx_str_t *token)
{
    u_char     *p;
    ngx_str_t   header, payload, signature;
    u_char      bytes[96];

    payload = *input;
    header = fuzz_until(&payload, LF);

    token->data = malloc(2 * input->len + 256);
    fuzz_assert(token->data);

    p = fuzz_token_part(token->data, &header);
    *p++ = '.';
    p = fuzz_token_part(p, &payload);

    fuzz_token_signature(token->data, p - token->data, bytes);

    signature.data = bytes;
    signature.len = sizeof(bytes);

    *p++ = '.';
    p = fuzz_token_part(p, &signature);

    token->len = p - token->data;

    /* a block of its own size */

    token->data = realloc(token->data, token->len);
    fuzz_assert(token->data);
}


static u_char *
fuzz_token_part(u_char *p, ngx_str_t *bytes)
{
    ngx_str_t  text;

    text.data = p;
    ngx_encode_base64url(&text, bytes);

    return p + text.len;
}


static void
fuzz_token_signature(u_char *text, size_t len, u_char *bytes)
{
    size_t         n;
    u_char         der[256];
    ECDSA_SIG     *sig;
    EVP_MD_CTX    *ctx;
    const u_char  *p;

    ctx = EVP_MD_CTX_new();
    n = sizeof(der);

    fuzz_assert(ctx);
    fuzz_assert(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, fuzz_key)
                == 1);
    fuzz_assert(EVP_DigestSign(ctx, der, &n, text, len) == 1);

    EVP_MD_CTX_free(ctx);

    p = der;
    sig = d2i_ECDSA_SIG(NULL, &p, n);
    fuzz_assert(sig);

    BN_bn2binpad(ECDSA_SIG_get0_r(sig), bytes, 48);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), bytes + 48, 48);

    ECDSA_SIG_free(sig);
}


/* a header and a payload that make a token */

static ngx_uint_t
fuzz_token_good(ngx_str_t *input)
{
    json_t      *json;
    ngx_str_t    header, payload;
    ngx_uint_t   good;
    const char  *alg;

    payload = *input;
    header = fuzz_until(&payload, LF);

    json = json_loadb((char *) header.data, header.len,
                      JSON_REJECT_DUPLICATES, NULL);
    alg = json_string_value(json_object_get(json, "alg"));

    good = json_is_object(json) && alg && strcmp(alg, "ES384") == 0
           && json_object_get(json, "crit") == NULL;
    json_decref(json);

    json = json_loadb((char *) payload.data, payload.len,
                      JSON_REJECT_DUPLICATES, NULL);
    good = good && json_is_object(json)
           && memchr(input->data, '\0', input->len) == NULL;
    json_decref(json);

    return good;
}


static void
fuzz_token_verified(ngx_uint_t kind, ngx_str_t *token, ngx_uint_t good)
{
    json_t      *claims;
    ngx_int_t    rc;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(1024, fuzz_cycle->log);
    fuzz_assert(pool);

    claims = NULL;

    rc = ngx_zos_jwt_verify(pool, fuzz_conf(FUZZ_AUTH)->authority->key, token,
                            &claims);

    fuzz_assert(ERR_peek_error() == 0);

    if (rc == NGX_OK) {
        fuzz_assert(good && json_is_object(claims));
        fuzz_assert(token->len <= NGX_ZOS_JWT_MAX);
        json_decref(claims);

    } else {
        fuzz_assert(rc == NGX_DECLINED);
        fuzz_assert(!good || token->len > NGX_ZOS_JWT_MAX);
    }

    fuzz_assert(fuzz_allocated < (64 << 10));

    ngx_destroy_pool(pool);
}


/* who is let in has claims that let him in, the second time, too */

static void
fuzz_token_auth(ngx_str_t *token, ngx_str_t *payload, ngx_uint_t good)
{
    ngx_int_t   rc;
    ngx_str_t   one, two;
    ngx_uint_t  i;
    u_char      users[2][NGX_ZOS_USER_MAX];

    /* nginx lets no header with such bytes in, and cuts spaces off */

    for (i = 0; i < token->len; i++) {
        if (token->data[i] < 0x20 || token->data[i] == ' ') {
            return;
        }
    }

    if (token->len == 0) {
        return;
    }

    one.data = users[0];
    two.data = users[1];

    rc = fuzz_token_ask(token, &one);

    if (rc == NGX_OK) {
        fuzz_assert(good);
        fuzz_assert(fuzz_token_allowed(payload));
        fuzz_assert(fuzz_token_ask(token, &two) == NGX_OK);
        fuzz_assert(one.len == two.len
                    && memcmp(one.data, two.data, one.len) == 0);

    } else if (good && token->len <= NGX_ZOS_JWT_MAX) {
        fuzz_assert(!fuzz_token_allowed(payload));
    }

    ngx_zos_tokens_free();
}


static ngx_int_t
fuzz_token_ask(ngx_str_t *token, ngx_str_t *user)
{
    u_char              *p;
    size_t               i;
    ngx_int_t            rc;
    ngx_str_t            name;
    ngx_table_elt_t     *h;
    ngx_zos_flow_t      *f;
    ngx_http_request_t  *r;

    r = fuzz_request(FUZZ_AUTH);

    f = ngx_zos_request_flow(r);
    h = ngx_pcalloc(r->pool, sizeof(ngx_table_elt_t));
    p = ngx_pnalloc(r->pool, token->len + 7);
    fuzz_assert(f && h && p);

    h->value.data = p;
    h->value.len = token->len + 7;
    ngx_memcpy(ngx_cpymem(p, "Bearer ", 7), token->data, token->len);

    r->headers_in.authorization = h;

    rc = ngx_zos_auth(f);

    user->len = 0;
    name = f->user;

    if (rc == NGX_OK) {
        fuzz_assert(name.len <= NGX_ZOS_USER_MAX);
        fuzz_assert(name.len == 0 || ngx_zos_json_is_utf8(&name));

        for (i = 0; i < name.len; i++) {
            fuzz_assert(name.data[i] >= 0x20 && name.data[i] != 0x7f);
        }

        if (name.len) {
            memcpy(user->data, name.data, name.len);
        }

        user->len = name.len;

    } else {
        fuzz_assert(f->status == 403 || f->status == 401
                    || f->status == 440);
        fuzz_assert(f->body.len && f->body.len < 512);
    }

    fuzz_request_free();

    return rc;
}


static ngx_uint_t
fuzz_token_allowed(ngx_str_t *payload)
{
    size_t       i;
    json_t      *json, *value;
    ngx_uint_t   allowed, times;

    static const char *const  numbers[] = { "exp", "nbf", "iat" };
    static const char *const  strings[] = { "azp", "username" };

    json = json_loadb((char *) payload->data, payload->len, 0, NULL);

    value = json_object_get(json, "exp");
    times = json_is_number(value)
            && json_number_value(value) > FUZZ_TOKEN_NOW
            && json_number_value(value) <= FUZZ_TOKEN_NOW + 3600;

    for (i = 0; i < 3; i++) {
        value = json_object_get(json, numbers[i]);
        times = times && (value == NULL || json_is_number(value));
        times = times && (i == 0
                          || json_number_value(value) <= FUZZ_TOKEN_NOW);
    }

    for (i = 0; i < 2; i++) {
        value = json_object_get(json, strings[i]);
        times = times && (value == NULL || json_is_string(value));
    }

    value = json_object_get(json, "azp");
    allowed = json_is_string(value)
              && strcmp(json_string_value(value), "acme") == 0;

    json_array_foreach(json_object_get(json, "scope"), i, value) {
        allowed |= json_is_string(value)
                   && strcmp(json_string_value(value), "user:memberof:acme")
                      == 0;
    }

    json_decref(json);

    return times && allowed;
}
