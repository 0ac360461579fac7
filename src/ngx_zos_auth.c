
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Tokens of callers.  They are looked at before the path is, so that nobody
 * learns from the answers what there is.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>

#include <jansson.h>


#define NGX_ZOS_EXPIRED  440


static ngx_int_t ngx_zos_auth_bearer(ngx_http_request_t *r,
    ngx_str_t *token);
static ngx_int_t ngx_zos_auth_query(ngx_zos_flow_t *f, ngx_str_t *token);
static ngx_int_t ngx_zos_auth_verify(ngx_zos_flow_t *f, ngx_str_t *token,
    u_char *digest);
static ngx_int_t ngx_zos_auth_claims(ngx_zos_flow_t *f, json_t *claims);
static ngx_int_t ngx_zos_auth_types(ngx_zos_flow_t *f, json_t *claims);
static ngx_int_t ngx_zos_auth_times(ngx_zos_flow_t *f, json_t *claims);
static ngx_int_t ngx_zos_auth_user(ngx_zos_flow_t *f, json_t *claims);
static ngx_int_t ngx_zos_auth_member(ngx_zos_flow_t *f, json_t *claims);
static ngx_uint_t ngx_zos_auth_is(json_t *value, ngx_str_t *text);
static ngx_int_t ngx_zos_auth_invalid(ngx_zos_flow_t *f, char *what);
static ngx_int_t ngx_zos_auth_expired(ngx_zos_flow_t *f, char *what);
static void ngx_zos_auth_challenge(ngx_zos_flow_t *f, char *error);


char *
ngx_zos_set_auth_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_loc_conf_t *zlcf = conf;

    ngx_str_t  *value;

    if (zlcf->auth_key != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    zlcf->auth_key = ngx_zos_jwt_key(cf, &value[1]);

    return zlcf->auth_key ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_zos_auth_merge(ngx_conf_t *cf, ngx_zos_loc_conf_t *conf)
{
    u_char               *p;
    ngx_str_t             text;
    ngx_zos_authority_t  *authority;

    if (ngx_strcmp(conf->organization.data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (conf->auth_key == NULL) {
        conf->auth_key = ngx_zos_jwt_key(cf, NULL);
    }

    authority = ngx_pcalloc(cf->pool, sizeof(ngx_zos_authority_t));
    text.data = ngx_pnalloc(cf->pool, sizeof("user:memberof:") - 1
                            + conf->organization.len + NGX_TIME_T_LEN + 1
                            + NGX_ZOS_JWT_DIGEST);

    if (conf->auth_key == NULL || authority == NULL || text.data == NULL) {
        return NGX_CONF_ERROR;
    }

    authority->organization = conf->organization;
    authority->key = conf->auth_key;
    authority->max_validity = conf->auth_max_validity;

    authority->scope.data = text.data;
    p = ngx_sprintf(text.data, "user:memberof:%V", &conf->organization);
    authority->scope.len = p - text.data;

    /* no name has the byte that is between */

    p = ngx_sprintf(p, "%Z%T", authority->max_validity);
    p = ngx_cpymem(p, authority->key->digest, NGX_ZOS_JWT_DIGEST);
    text.len = p - text.data;

    if (!EVP_Digest(text.data, text.len, authority->digest, NULL,
                    EVP_sha256(), NULL))
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "EVP_Digest() failed");
        return NGX_CONF_ERROR;
    }

    conf->authority = authority;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_zos_auth(ngx_zos_flow_t *f)
{
    u_char                digest[NGX_ZOS_JWT_DIGEST];
    ngx_str_t             token, user;
    ngx_zos_authority_t  *authority;

    authority = f->conf->authority;

    if (authority == NULL) {
        return NGX_OK;
    }

    if (ngx_zos_auth_bearer(f->request, &token) != NGX_OK
        && ngx_zos_auth_query(f, &token) != NGX_OK)
    {
        ngx_zos_auth_challenge(f, NULL);
        return ngx_zos_fail(f, NGX_HTTP_UNAUTHORIZED, "no token",
                            "a token is needed, as "
                            "\"Authorization: Bearer <token>\"");
    }

    if (token.len > NGX_ZOS_JWT_MAX) {
        return ngx_zos_auth_invalid(f, "is too long");
    }

    if (ngx_zos_tokens_digest(authority, &token, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_zos_tokens_find(digest, &user) != NGX_OK) {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, f->request->connection->log, 0,
                       "zos token: not remembered");

        return ngx_zos_auth_verify(f, &token, digest);
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, f->request->connection->log, 0,
                   "zos token: remembered");

    f->user.len = user.len;
    f->user.data = ngx_pstrdup(f->request->pool, &user);

    return f->user.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_zos_auth_bearer(ngx_http_request_t *r, ngx_str_t *token)
{
    size_t  len;

    len = sizeof("Bearer ") - 1;

    if (r->headers_in.authorization == NULL) {
        return NGX_DECLINED;
    }

    *token = r->headers_in.authorization->value;

    if (token->len <= len
        || ngx_strncasecmp(token->data, (u_char *) "Bearer ", len) != 0)
    {
        return NGX_DECLINED;
    }

    token->data += len;
    token->len -= len;

    while (token->len && *token->data == ' ') {
        token->data++;
        token->len--;
    }

    return token->len ? NGX_OK : NGX_DECLINED;
}


/* for what a browser can't send headers with: the output of jobs */

static ngx_int_t
ngx_zos_auth_query(ngx_zos_flow_t *f, ngx_str_t *token)
{
    ngx_int_t   rc;
    ngx_str_t  *sent;

    if (!f->conf->auth_query || f->request->headers_in.authorization) {
        return NGX_DECLINED;
    }

    sent = ngx_zos_mask_token(f->request);

    if (sent == NULL || sent->len == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_zos_request_route(f);

    /* they have not been checked */

    f->match.nargs = 0;

    if (rc != NGX_OK || !(f->match.op->flags & NGX_ZOS_OP_EVENTS)) {
        return NGX_DECLINED;
    }

    *token = *sent;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_auth_verify(ngx_zos_flow_t *f, ngx_str_t *token, u_char *digest)
{
    json_t     *claims;
    time_t      expire;
    ngx_int_t   rc;

    rc = ngx_zos_jwt_verify(f->request->pool, f->conf->authority->key, token,
                            &claims);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_zos_auth_invalid(f, "is not valid");
    }

    rc = ngx_zos_auth_claims(f, claims);

    if (rc == NGX_OK) {
        expire = (time_t) json_number_value(json_object_get(claims, "exp"));
        ngx_zos_tokens_add(digest, &f->user, expire);
    }

    json_decref(claims);

    return rc;
}


static ngx_int_t
ngx_zos_auth_claims(ngx_zos_flow_t *f, json_t *claims)
{
    if (ngx_zos_auth_types(f, claims) != NGX_OK
        || ngx_zos_auth_times(f, claims) != NGX_OK
        || ngx_zos_auth_user(f, claims) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_auth_member(f, claims);
}


static ngx_int_t
ngx_zos_auth_types(ngx_zos_flow_t *f, json_t *claims)
{
    json_t      *value;
    ngx_uint_t   i;

    static const struct {
        char        *name;
        ngx_uint_t   number;
    } types[] = {
        { "exp", 1 }, { "nbf", 1 }, { "iat", 1 },
        { "azp", 0 }, { "username", 0 }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        value = json_object_get(claims, types[i].name);

        if (value
            && !(types[i].number ? json_is_number(value)
                                 : json_is_string(value)))
        {
            return ngx_zos_auth_invalid(f, "has a claim of a wrong type");
        }
    }

    if (json_object_get(claims, "exp") == NULL) {
        return ngx_zos_auth_invalid(f, "has no \"exp\"");
    }

    return NGX_OK;
}


/* numbers may have fractions, and be larger than any time */

static ngx_int_t
ngx_zos_auth_times(ngx_zos_flow_t *f, json_t *claims)
{
    double  now, expire;

    now = (double) ngx_time();
    expire = json_number_value(json_object_get(claims, "exp"));

    /* what is absent is 0 */

    if (json_number_value(json_object_get(claims, "nbf")) > now
        || json_number_value(json_object_get(claims, "iat")) > now)
    {
        return ngx_zos_auth_invalid(f, "is not valid yet");
    }

    if (expire <= now) {
        return ngx_zos_auth_expired(f, "has expired");
    }

    if (expire > now + (double) f->conf->authority->max_validity) {
        return ngx_zos_auth_expired(f, "is valid for longer than is allowed");
    }

    return NGX_OK;
}


/* it becomes part of log lines, and of headers where somebody wants that */

static ngx_int_t
ngx_zos_auth_user(ngx_zos_flow_t *f, json_t *claims)
{
    u_char      *p;
    size_t       len;
    const char  *name;

    name = json_string_value(json_object_get(claims, "username"));

    if (name == NULL || *name == '\0') {
        name = json_string_value(json_object_get(claims, "azp"));
    }

    if (name == NULL) {
        return NGX_OK;
    }

    len = ngx_strlen(name);

    if (len > NGX_ZOS_USER_MAX) {

        /* cut: not in the middle of a character */

        for (len = NGX_ZOS_USER_MAX; (name[len] & 0xc0) == 0x80; len--) {
            /* void */
        }
    }

    f->user.data = ngx_pnalloc(f->request->pool, len);
    if (f->user.data == NULL) {
        return NGX_ERROR;
    }

    f->user.len = len;
    ngx_memcpy(f->user.data, name, len);

    for (p = f->user.data; p < f->user.data + len; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = '?';
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_auth_member(ngx_zos_flow_t *f, json_t *claims)
{
    size_t                i;
    json_t               *value;
    ngx_zos_authority_t  *authority;

    authority = f->conf->authority;

    if (ngx_zos_auth_is(json_object_get(claims, "azp"),
                        &authority->organization))
    {
        return NGX_OK;
    }

    json_array_foreach(json_object_get(claims, "scope"), i, value) {
        if (ngx_zos_auth_is(value, &authority->scope)) {
            return NGX_OK;
        }
    }

    ngx_zos_auth_challenge(f, "insufficient_scope");

    return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "not allowed",
                        "the token is not one of the organization that may "
                        "call");
}


static ngx_uint_t
ngx_zos_auth_is(json_t *value, ngx_str_t *text)
{
    return json_is_string(value)
           && json_string_length(value) == text->len
           && ngx_memcmp(json_string_value(value), text->data, text->len)
              == 0;
}


static ngx_int_t
ngx_zos_auth_invalid(ngx_zos_flow_t *f, char *what)
{
    ngx_zos_auth_challenge(f, "invalid_token");

    return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "bad token", "the token %s",
                        what);
}


static ngx_int_t
ngx_zos_auth_expired(ngx_zos_flow_t *f, char *what)
{
    ngx_zos_auth_challenge(f, "invalid_token");

    return ngx_zos_fail(f, NGX_ZOS_EXPIRED, "expired", "the token %s", what);
}


/* RFC 6750, 3: an error only where there was a token */

static void
ngx_zos_auth_challenge(ngx_zos_flow_t *f, char *error)
{
    u_char     *p;
    ngx_str_t   value;

    value.data = ngx_pnalloc(f->request->pool, 128);
    if (value.data == NULL) {
        return;
    }

    p = ngx_sprintf(value.data, "Bearer realm=\"zos\"");

    if (error) {
        p = ngx_sprintf(p, ", error=\"%s\"", error);
    }

    value.len = p - value.data;

    (void) ngx_zos_add_header(f->request, "WWW-Authenticate", &value);
}
