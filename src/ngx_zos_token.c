
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_curl.h>
#include <ngx_zos_jwt.h>
#include <ngx_zos_token.h>

#include <jansson.h>
#include <openssl/pem.h>


#define NGX_ZOS_TOKEN_TRUSTED  (1024 * 1024)   /* of a file with CAs */
#define NGX_ZOS_TOKEN_SAY      60              /* s between two complaints */


/* the worker's copy */

static struct {
    ngx_zos_token_value_t   token;
    ngx_uint_t              told;      /* that it has expired */
    time_t                  said;
} ngx_zos_token;


static char *ngx_zos_token_option(ngx_conf_t *cf, ngx_zos_token_conf_t *conf,
    ngx_str_t *option);
static char *ngx_zos_token_trusted(ngx_conf_t *cf, ngx_zos_token_conf_t *conf,
    ngx_str_t *name);
static ngx_int_t ngx_zos_token_read_file(ngx_conf_t *cf, ngx_str_t *name,
    size_t max, ngx_str_t *text);
static const char *ngx_zos_token_split(ngx_str_t *text, u_char **dot);
static json_t *ngx_zos_token_decode(u_char *start, u_char *end);
static void ngx_zos_token_expired(ngx_log_t *log);


/* zos_token file */

char *
ngx_zos_token_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_main_conf_t *zmcf = conf;

    ngx_str_t             *value;
    const char            *error;
    ngx_zos_token_conf_t  *token;

    token = &zmcf->token;

    if (token->file.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    token->file = value[1];

    if (ngx_conf_full_name(cf->cycle, &token->file, 1) != NGX_OK
        || ngx_zos_token_read_file(cf, &token->file, 2 * NGX_ZOS_TOKEN_MAX,
                                   &token->value)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    error = ngx_zos_token_parse(&token->value, &token->expires);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the token in \"%V\" %s",
                           &token->file, error);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* zos_token_refresh url [before=] [timeout=] [trusted_certificate=] */

char *
ngx_zos_token_set_refresh(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_main_conf_t *zmcf = conf;

    char                  *rv;
    ngx_str_t             *value;
    ngx_uint_t             i, tls;
    const char            *error;
    ngx_zos_token_conf_t  *token;

    token = &zmcf->token;

    if (token->url.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    error = ngx_zos_curl_lacks();

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "this libcurl is built without %s", error);
        return NGX_CONF_ERROR;
    }

    tls = 0;
    error = ngx_zos_curl_check_url(value[1].data, &tls);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", &value[1],
                           error);
        return NGX_CONF_ERROR;
    }

    if (!tls) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"zos_token_refresh\" sends the token "
                           "without TLS");
    }

    token->url = value[1];
    token->before = 300;
    token->timeout = 10000;

    rv = NGX_CONF_OK;

    for (i = 2; i < cf->args->nelts && rv == NGX_CONF_OK; i++) {
        rv = ngx_zos_token_option(cf, token, &value[i]);
    }

    return rv;
}


static char *
ngx_zos_token_option(ngx_conf_t *cf, ngx_zos_token_conf_t *conf,
    ngx_str_t *option)
{
    ngx_str_t  s;

    if (ngx_strncmp(option->data, "before=", 7) == 0) {
        s.data = option->data + 7;
        s.len = option->len - 7;

        conf->before = ngx_parse_time(&s, 1);

        if (conf->before > 0) {
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(option->data, "timeout=", 8) == 0) {
        s.data = option->data + 8;
        s.len = option->len - 8;

        conf->timeout = ngx_parse_time(&s, 0);

        if (conf->timeout != (ngx_msec_t) NGX_ERROR && conf->timeout > 0
            && conf->timeout <= 60000)
        {
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(option->data, "trusted_certificate=", 20) == 0
               && option->len > 20)
    {
        s.data = option->data + 20;
        s.len = option->len - 20;

        return ngx_zos_token_trusted(cf, conf, &s);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       option);

    return NGX_CONF_ERROR;
}


/* read now: a worker may not be allowed to */

static char *
ngx_zos_token_trusted(ngx_conf_t *cf, ngx_zos_token_conf_t *conf,
    ngx_str_t *name)
{
    BIO   *bio;
    X509  *x509;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK
        || ngx_zos_token_read_file(cf, name, NGX_ZOS_TOKEN_TRUSTED,
                                   &conf->trusted)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    bio = BIO_new_mem_buf(conf->trusted.data, conf->trusted.len);
    if (bio == NULL) {
        return NGX_CONF_ERROR;
    }

    x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);

    if (x509 == NULL) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "no certificate is in \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    X509_free(x509);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_zos_token_read_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *text)
{
    u_char     *p;
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_int_t   rc;

    text->data = ngx_pnalloc(cf->pool, max + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    rc = NGX_OK;
    p = text->data;

    do {
        n = ngx_read_fd(fd, p, text->data + max + 1 - p);

        if (n > 0) {
            p += n;
        }

    } while (n > 0 && p <= text->data + max);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed", name);
        rc = NGX_ERROR;

    } else if (n > 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is larger than %uz bytes", name, max);
        rc = NGX_ERROR;
    }

    text->len = ngx_min(p, text->data + max) - text->data;

    (void) ngx_close_file(fd);

    return rc;
}


char *
ngx_zos_token_check(ngx_conf_t *cf, ngx_zos_main_conf_t *zmcf)
{
    ngx_zos_token_conf_t  *token;

    token = &zmcf->token;

    if (token->url.data && token->file.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zos_token_refresh\" needs \"zos_token\"");
        return NGX_CONF_ERROR;
    }

    if (token->file.data && zmcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zos_token\" needs \"zos_zone\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* it must not go over a wire that others can read */

char *
ngx_zos_token_check_core0(ngx_conf_t *cf, ngx_zos_loc_conf_t *zlcf)
{
    ngx_uint_t            i, plain;
    ngx_zos_node_t       *node;
    ngx_zos_main_conf_t  *zmcf;

    if (zlcf->core0.auth != NGX_ZOS_CORE0_AUTH_TOKEN) {
        return NGX_CONF_OK;
    }

    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_zos_module);

    if (zmcf->token.file.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zos_core0_auth token\" needs \"zos_token\"");
        return NGX_CONF_ERROR;
    }

    node = zmcf->nodes.elts;

    /* nodes that AYS knows have what the location has */

    plain = !zlcf->core0.ssl && (zlcf->ays.len || zmcf->nodes.nelts == 0);

    for (i = 0; i < zmcf->nodes.nelts; i++) {
        plain |= !(node[i].ssl == NGX_CONF_UNSET ? zlcf->core0.ssl
                                                 : node[i].ssl);
    }

    if (plain) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zos_core0_auth token\" needs TLS to all nodes, "
                           "see \"zos_core0_ssl\"");
        return NGX_CONF_ERROR;
    }

    if (!zlcf->core0.ssl_verify && !zmcf->token.warned) {
        zmcf->token.warned = 1;
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"zos_core0_auth token\" without "
                           "\"zos_core0_ssl_verify\" gives the token to "
                           "whoever answers in place of a node");
    }

    return NGX_CONF_OK;
}


const char *
ngx_zos_token_parse(ngx_str_t *text, time_t *expires)
{
    double       exp;
    json_t      *header, *payload;
    u_char      *dot[2];
    const char  *error;
    ngx_uint_t   both;

    while (text->len && text->data[text->len - 1] <= ' ') {
        text->len--;
    }

    while (text->len && *text->data <= ' ') {
        text->data++;
        text->len--;
    }

    if (text->len > NGX_ZOS_TOKEN_MAX) {
        return "is too long";
    }

    error = ngx_zos_token_split(text, dot);

    if (error) {
        return error;
    }

    header = ngx_zos_token_decode(text->data, dot[0]);
    payload = ngx_zos_token_decode(dot[0] + 1, dot[1]);

    exp = json_number_value(json_object_get(payload, "exp"));
    both = header && payload;

    json_decref(header);
    json_decref(payload);

    if (!both) {
        return "is not a JWT";
    }

    /* up to the year 9999, if that is a time here; what is no number is 0 */

    if (exp < 1
        || exp > ngx_min(253402300799.0, (double) NGX_MAX_TIME_T_VALUE))
    {
        return "does not say when it ends";
    }

    *expires = (time_t) exp;

    return NULL;
}


/* the two dots of a JWT */

static const char *
ngx_zos_token_split(ngx_str_t *text, u_char **dot)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    last = text->data + text->len;
    n = 0;

    for (p = text->data; p < last; p++) {

        if (*p == '.') {
            if (n == 2) {
                return "is not a JWT";
            }

            dot[n++] = p;

        } else if (!((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z')
                     || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_'))
        {
            return "has characters that a JWT has not";
        }
    }

    return n == 2 && dot[1] + 1 < last ? NULL : "is not a JWT";
}


/* base64url of a JSON object */

static json_t *
ngx_zos_token_decode(u_char *start, u_char *end)
{
    ngx_str_t  src, dst;
    u_char     buffer[NGX_ZOS_TOKEN_MAX];

    src.data = start;
    src.len = end - start;
    dst.data = buffer;

    if (src.len == 0 || ngx_decode_base64url(&dst, &src) != NGX_OK) {
        return NULL;
    }

    return ngx_zos_jwt_object(&dst);
}


ngx_int_t
ngx_zos_token_get(ngx_zos_main_conf_t *zmcf, ngx_pool_t *pool,
    ngx_log_t *log, ngx_str_t *value, ngx_uint_t *generation)
{
    ngx_zos_token_value_t  *token;

    token = &ngx_zos_token.token;

    ngx_zos_token_sync(zmcf);

    if (token->generation == 0) {
        return NGX_DECLINED;
    }

    if (token->expires <= ngx_time()) {
        ngx_zos_token_expired(log);
        return NGX_DECLINED;
    }

    /* the copy may be replaced while the request goes on */

    value->data = ngx_pnalloc(pool, token->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, token->value, token->len);

    value->len = token->len;
    *generation = token->generation;

    return NGX_OK;
}


void
ngx_zos_token_sync(ngx_zos_main_conf_t *zmcf)
{
    ngx_zos_token_value_t  *token;

    token = &ngx_zos_token.token;

    if (zmcf->token.file.data == NULL) {
        token->generation = 0;
        return;
    }

    if (token->generation == ngx_zos_slot_generation(zmcf->zone)) {
        return;
    }

    ngx_zos_slot_read(zmcf->zone, token);

    ngx_zos_pool_token(token->generation);
}


static void
ngx_zos_token_expired(ngx_log_t *log)
{
    time_t  now;

    now = ngx_time();

    if (ngx_zos_token.told == ngx_zos_token.token.generation
        && now - ngx_zos_token.said < NGX_ZOS_TOKEN_SAY)
    {
        return;
    }

    ngx_zos_token.told = ngx_zos_token.token.generation;
    ngx_zos_token.said = now;

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "zos_token has expired and was not renewed, "
                  "backends get none");
}


ngx_int_t
ngx_zos_token_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_int_t             rc;
    ngx_str_t             value;
    ngx_uint_t            generation;
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_http_get_module_main_conf(r, ngx_zos_module);

    rc = ngx_zos_token_get(zmcf, r->pool, r->connection->log, &value,
                           &generation);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = value.data;
    v->len = value.len;

    return NGX_OK;
}


void
ngx_zos_token_init_module(ngx_cycle_t *cycle)
{
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_zos_module);

    if (zmcf == NULL || zmcf->token.file.data == NULL) {
        return;
    }

    if (ngx_zos_slot_load(zmcf->zone, &zmcf->token.value,
                          zmcf->token.expires)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "zos_zone has no room for zos_token");
    }
}
