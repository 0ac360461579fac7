
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The signature is looked at before what it signs, except for the header that
 * says what it is.  There is one spelling of a token: what decodes to the
 * same bytes but is written otherwise is no token.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_jwt.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/pem.h>


#define NGX_ZOS_JWT_NUMBER     48    /* r, and s: P-384 */
#define NGX_ZOS_JWT_SIGNATURE  (2 * NGX_ZOS_JWT_NUMBER)


static ngx_uint_t ngx_zos_jwt_is_p384(EVP_PKEY *key);
static ngx_int_t ngx_zos_jwt_key_digest(ngx_zos_jwt_key_t *key);
static void ngx_zos_jwt_key_free(void *data);
static ngx_int_t ngx_zos_jwt_split(ngx_str_t *token, ngx_str_t *parts);
static ngx_int_t ngx_zos_jwt_decode(ngx_pool_t *pool, ngx_str_t *text,
    ngx_str_t *bytes);
static ngx_int_t ngx_zos_jwt_header(ngx_str_t *text);
static ngx_int_t ngx_zos_jwt_signature(ngx_zos_jwt_key_t *key,
    ngx_str_t *text, ngx_str_t *signature);
static int ngx_zos_jwt_der(ngx_str_t *signature, u_char **der);


static char  ngx_zos_jwt_itsyouonline[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAES5X8XrfKdx9gYayFITc89wad4usrk0n2\n"
    "7MjiGYvqalizeSWTHEpnd7oea9IQ8T5oJjMVH5cc0H5tFSKilFFeh//wngxIyny6\n"
    "6+Vq5t5B0V0Ehy01+2ceEon2Y0XDkIKv\n"
    "-----END PUBLIC KEY-----\n";


ngx_zos_jwt_key_t *
ngx_zos_jwt_key(ngx_conf_t *cf, ngx_str_t *file)
{
    BIO                 *bio;
    char                *name;
    ngx_pool_cleanup_t  *cln;
    ngx_zos_jwt_key_t   *key;

    key = ngx_pcalloc(cf->pool, sizeof(ngx_zos_jwt_key_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (key == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_zos_jwt_key_free;
    cln->data = key;

    name = file ? (char *) file->data : "default";

    bio = file ? BIO_new_file(name, "r")
               : BIO_new_mem_buf(ngx_zos_jwt_itsyouonline, -1);

    if (bio == NULL) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "BIO_new_file(\"%s\") failed", name);
        return NULL;
    }

    /* with a password, so that nobody is asked for one */

    key->key = PEM_read_bio_PUBKEY(bio, NULL, NULL, "");

    BIO_free(bio);

    if (key->key == NULL) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "no public key in \"%s\"", name);
        return NULL;
    }

    if (!ngx_zos_jwt_is_p384(key->key)
        || ngx_zos_jwt_key_digest(key) != NGX_OK)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "the key in \"%s\" is not one of P-384", name);
        return NULL;
    }

    return key;
}


static ngx_uint_t
ngx_zos_jwt_is_p384(EVP_PKEY *key)
{
#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)

    char  name[32];

    return EVP_PKEY_is_a(key, "EC")
           && EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1
           && OBJ_sn2nid(name) == NID_secp384r1;

#else

    return EVP_PKEY_base_id(key) == EVP_PKEY_EC
           && EC_GROUP_get_curve_name(
                  EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key)))
              == NID_secp384r1;

#endif
}


static ngx_int_t
ngx_zos_jwt_key_digest(ngx_zos_jwt_key_t *key)
{
    int      len, ok;
    u_char  *der;

    der = NULL;
    len = i2d_PUBKEY(key->key, &der);

    if (len <= 0) {
        return NGX_ERROR;
    }

    ok = EVP_Digest(der, len, key->digest, NULL, EVP_sha256(), NULL);

    OPENSSL_free(der);

    return ok ? NGX_OK : NGX_ERROR;
}


static void
ngx_zos_jwt_key_free(void *data)
{
    ngx_zos_jwt_key_t  *key = data;

    EVP_PKEY_free(key->key);
}


ngx_int_t
ngx_zos_jwt_verify(ngx_pool_t *pool, ngx_zos_jwt_key_t *key,
    ngx_str_t *token, json_t **claims)
{
    ngx_int_t   rc;
    ngx_str_t   text, parts[3], bytes[3];
    ngx_uint_t  i;

    if (token->len > NGX_ZOS_JWT_MAX
        || ngx_zos_jwt_split(token, parts) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < 3; i++) {
        rc = ngx_zos_jwt_decode(pool, &parts[i], &bytes[i]);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = ngx_zos_jwt_header(&bytes[0]);

    if (rc != NGX_OK) {
        return rc;
    }

    text.data = token->data;
    text.len = parts[2].data - 1 - token->data;

    rc = ngx_zos_jwt_signature(key, &text, &bytes[2]);

    if (rc != NGX_OK) {
        return rc;
    }

    *claims = ngx_zos_jwt_object(&bytes[1]);

    return *claims ? NGX_OK : NGX_DECLINED;
}


/* three parts and two dots */

static ngx_int_t
ngx_zos_jwt_split(ngx_str_t *token, ngx_str_t *parts)
{
    u_char      *p, *last;
    ngx_uint_t   i;

    p = token->data;
    last = p + token->len;

    for (i = 0; i < 3; i++) {
        parts[i].data = p;

        while (p < last && *p != '.') {
            p++;
        }

        parts[i].len = p - parts[i].data;

        if (parts[i].len == 0 || (p == last) != (i == 2)) {
            return NGX_DECLINED;
        }

        p++;
    }

    return NGX_OK;
}


/* no padding, no unused bits: it is what encoding would have made */

static ngx_int_t
ngx_zos_jwt_decode(ngx_pool_t *pool, ngx_str_t *text, ngx_str_t *bytes)
{
    ngx_str_t  again;

    bytes->data = ngx_pnalloc(pool, ngx_base64_decoded_length(text->len));
    again.data = ngx_pnalloc(pool, ngx_base64_encoded_length(text->len));

    if (bytes->data == NULL || again.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_decode_base64url(bytes, text) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_encode_base64url(&again, bytes);

    return again.len == text->len
           && ngx_memcmp(again.data, text->data, text->len) == 0
           ? NGX_OK : NGX_DECLINED;
}


json_t *
ngx_zos_jwt_object(ngx_str_t *text)
{
    json_t  *object;

    /* jansson leaves out one that is behind a number */

    if (ngx_strlchr(text->data, text->data + text->len, '\0')) {
        return NULL;
    }

    object = json_loadb((char *) text->data, text->len,
                        JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(object)) {
        json_decref(object);
        return NULL;
    }

    return object;
}


/* a key or an address of one that it may bring is nothing to us */

static ngx_int_t
ngx_zos_jwt_header(ngx_str_t *text)
{
    json_t      *header;
    const char  *alg;
    ngx_int_t    rc;

    header = ngx_zos_jwt_object(text);
    if (header == NULL) {
        return NGX_DECLINED;
    }

    alg = json_string_value(json_object_get(header, "alg"));

    rc = alg && ngx_strcmp(alg, "ES384") == 0
         && json_object_get(header, "crit") == NULL
         ? NGX_OK : NGX_DECLINED;

    json_decref(header);

    return rc;
}


static ngx_int_t
ngx_zos_jwt_signature(ngx_zos_jwt_key_t *key, ngx_str_t *text,
    ngx_str_t *signature)
{
    int          len, rc;
    u_char      *der;
    EVP_MD_CTX  *ctx;

    if (signature->len != NGX_ZOS_JWT_SIGNATURE) {
        return NGX_DECLINED;
    }

    len = ngx_zos_jwt_der(signature, &der);
    if (len <= 0) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    rc = 0;
    ctx = EVP_MD_CTX_new();

    if (ctx
        && EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key->key) == 1)
    {
        rc = EVP_DigestVerify(ctx, der, len, text->data, text->len);
    }

    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);

    /* or the next TLS connection would be told of it */

    ERR_clear_error();

    return rc == 1 ? NGX_OK : NGX_DECLINED;
}


/* the length of r || s as OpenSSL takes it */

static int
ngx_zos_jwt_der(ngx_str_t *signature, u_char **der)
{
    int         len;
    BIGNUM     *r, *s;
    ECDSA_SIG  *sig;

    *der = NULL;

    sig = ECDSA_SIG_new();
    r = BN_bin2bn(signature->data, NGX_ZOS_JWT_NUMBER, NULL);
    s = BN_bin2bn(signature->data + NGX_ZOS_JWT_NUMBER, NGX_ZOS_JWT_NUMBER,
                  NULL);

    if (sig == NULL || r == NULL || s == NULL
        || ECDSA_SIG_set0(sig, r, s) != 1)
    {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return -1;
    }

    len = i2d_ECDSA_SIG(sig, der);

    ECDSA_SIG_free(sig);

    return len;
}
