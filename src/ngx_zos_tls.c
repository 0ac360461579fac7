
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * TLS to the nodes.  Nodes are addressed by IP and make a self-signed
 * certificate at each boot, so verification is the operator's choice; where
 * it is on, an IP address must be in the certificate like a name must.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_core0.h>

#include <openssl/x509v3.h>


static ngx_uint_t ngx_zos_tls_is_address(ngx_str_t *host);
static void ngx_zos_tls_save_session(ngx_connection_t *c);


ngx_int_t
ngx_zos_tls_create(ngx_conf_t *cf, ngx_zos_core0_conf_t *conf)
{
    ngx_zos_tls_t       *tls;
    ngx_pool_cleanup_t  *cln;

    tls = conf->tls;

    tls->verify = conf->ssl_verify;
    tls->name = conf->ssl_name;

    tls->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (tls->ssl == NULL) {
        return NGX_ERROR;
    }

    tls->ssl->log = cf->log;

    if (ngx_ssl_create(tls->ssl, conf->ssl_protocols, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(tls->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = tls->ssl;

    if (ngx_ssl_ciphers(cf, tls->ssl, &conf->ssl_ciphers, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (conf->ssl_verify) {

        if (conf->ssl_trusted_certificate.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no zos_core0_ssl_trusted_certificate "
                               "for zos_core0_ssl_verify");
            return NGX_ERROR;
        }

        if (ngx_ssl_trusted_certificate(cf, tls->ssl,
                                        &conf->ssl_trusted_certificate, 3)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_ssl_client_session_cache(cf, tls->ssl, 1);
}


ngx_int_t
ngx_zos_tls_start(ngx_zos_conn_t *zc)
{
    u_char             *name;
    ngx_str_t          *host;
    ngx_connection_t   *c;
    ngx_ssl_session_t  *session;

    c = zc->peer.connection;

    if (ngx_ssl_create_connection(zc->to->tls->ssl, c,
                                  NGX_SSL_BUFFER|NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a command is one write already */

    c->ssl->buffer = 0;

    session = *ngx_zos_pool_session(zc);

    if (session && ngx_ssl_set_session(c, session) != NGX_OK) {
        return NGX_ERROR;
    }

    c->ssl->save_session = ngx_zos_tls_save_session;

    host = zc->to->tls->name.len ? &zc->to->tls->name : &zc->to->host;

    if (host->len == 0 || ngx_zos_tls_is_address(host)) {
        return NGX_OK;
    }

    name = ngx_pnalloc(zc->mem, host->len + 1);
    if (name == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(name, host->data, host->len + 1);

    if (SSL_set_tlsext_host_name(c->ssl->connection, (char *) name) == 0) {
        ngx_ssl_error(NGX_LOG_ERR, c->log, 0,
                      "SSL_set_tlsext_host_name(\"%s\") failed", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_tls_is_address(ngx_str_t *host)
{
    u_char  buffer[16];

    return ngx_inet_addr(host->data, host->len) != INADDR_NONE
           || ngx_inet6_addr(host->data, host->len, buffer) == NGX_OK;
}


static void
ngx_zos_tls_save_session(ngx_connection_t *c)
{
    ngx_zos_conn_t      *zc;
    ngx_ssl_session_t   *session, **saved;

    zc = c->data;

    session = ngx_ssl_get_session(c);
    if (session == NULL) {
        return;
    }

    saved = ngx_zos_pool_session(zc);

    if (*saved) {
        ngx_ssl_free_session(*saved);
    }

    *saved = session;
}


ngx_int_t
ngx_zos_tls_verify(ngx_zos_conn_t *zc)
{
    int                rc;
    long               result;
    X509              *cert;
    u_char             address[NGX_SOCKADDR_STRLEN];
    ngx_str_t         *host;
    ngx_connection_t  *c;

    if (!zc->to->tls->verify) {
        return NGX_OK;
    }

    c = zc->peer.connection;

    result = SSL_get_verify_result(c->ssl->connection);

    if (result != X509_V_OK) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "core0 SSL certificate verify error: (%l:%s)",
                      result, X509_verify_cert_error_string(result));
        return NGX_ERROR;
    }

    host = zc->to->tls->name.len ? &zc->to->tls->name : &zc->to->host;

    if (host->len >= NGX_SOCKADDR_STRLEN || !ngx_zos_tls_is_address(host)) {
        rc = (ngx_ssl_check_host(c, host) == NGX_OK);

    } else {
        (void) ngx_cpystrn(address, host->data, host->len + 1);

        cert = SSL_get_peer_certificate(c->ssl->connection);
        if (cert == NULL) {
            return NGX_ERROR;
        }

        rc = (X509_check_ip_asc(cert, (char *) address, 0) == 1);

        X509_free(cert);
    }

    if (!rc) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "core0 SSL certificate does not match \"%V\"", host);
        return NGX_ERROR;
    }

    return NGX_OK;
}
