
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Rules for texts in requests that more than one table has.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>


static void ngx_zos_ftp_user(u_char *p, u_char *last,
    ngx_zos_ftp_url_t *url);
static ngx_int_t ngx_zos_cidr(ngx_str_t *text, ngx_cidr_t *cidr);
static ngx_uint_t ngx_zos_cidr_has(ngx_cidr_t *network, ngx_cidr_t *address);


ngx_int_t
ngx_zos_check_ip(ngx_str_t *value)
{
    return ngx_zos_check_ipv4(value) == NGX_OK
           || ngx_zos_check_ipv6(value) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_zos_check_ipv4(ngx_str_t *value)
{
    return value->len
           && (ngx_inet_addr(value->data, value->len) != INADDR_NONE
               || (value->len == 15
                   && ngx_strncmp(value->data, "255.255.255.255", 15) == 0))
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_zos_check_ipv6(ngx_str_t *value)
{
    u_char  address[16];

    return value->len
           && ngx_inet6_addr(value->data, value->len, address) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_zos_check_cidr(ngx_str_t *value)
{
    ngx_cidr_t  cidr;

    if (ngx_strlchr(value->data, value->data + value->len, '/') == NULL) {
        return NGX_DECLINED;
    }

    return ngx_zos_cidr(value, &cidr);
}


ngx_int_t
ngx_zos_check_mac(ngx_str_t *value)
{
    u_char      ch;
    ngx_uint_t  i;

    if (value->len != 17) {
        return NGX_DECLINED;
    }

    for (i = 0; i < 17; i++) {
        ch = value->data[i] | 0x20;

        if (i % 3 == 2) {
            if (value->data[i] != ':') {
                return NGX_DECLINED;
            }

        } else if (!(value->data[i] >= '0' && value->data[i] <= '9')
                   && !(ch >= 'a' && ch <= 'f'))
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* a scheme, "://", and no white space or control characters */

ngx_int_t
ngx_zos_check_url(ngx_str_t *value)
{
    size_t   i;
    u_char  *p;

    p = (u_char *) ngx_strnstr(value->data, "://", value->len);

    if (p == NULL || p == value->data || value->len < 5
        || p + 3 == value->data + value->len)
    {
        return NGX_DECLINED;
    }

    for (i = 0; value->data + i < p; i++) {
        if (!((value->data[i] | 0x20) >= 'a' && (value->data[i] | 0x20) <= 'z')
            && !(i && ((value->data[i] >= '0' && value->data[i] <= '9')
                       || ngx_strchr("+.-", value->data[i]))))
        {
            return NGX_DECLINED;
        }
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || value->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_is_host(u_char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z')
           || (ch >= 'A' && ch <= 'Z') || ch == '.' || ch == '-' || ch == '_';
}


ngx_int_t
ngx_zos_check_ftp(ngx_str_t *value)
{
    ngx_zos_ftp_url_t  url;

    return ngx_zos_ftp_url(value, &url);
}


/* [ftp://][user[:password]@]host:port[/path]; the host tells where it ends */

ngx_int_t
ngx_zos_ftp_url(ngx_str_t *value, ngx_zos_ftp_url_t *url)
{
    size_t      i;
    u_char     *p, *last, *end, *at, *colon;
    ngx_int_t   port;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || value->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    p = value->data;
    last = p + value->len;

    if (value->len > 6 && ngx_strncmp(p, "ftp://", 6) == 0) {
        p += 6;
    }

    url->scheme.data = value->data;
    url->scheme.len = p - value->data;

    end = ngx_strlchr(p, last, '/');
    end = end ? end : last;

    at = ngx_strlchr(p, end, '@');
    ngx_zos_ftp_user(p, at ? at : p, url);
    p = at ? at + 1 : p;

    url->place.data = p;
    url->place.len = last - p;

    colon = ngx_strlchr(p, end, ':');

    if (colon == NULL || colon == p) {
        return NGX_DECLINED;
    }

    url->host.data = p;
    url->host.len = colon - p;

    for ( /* void */ ; p < colon; p++) {
        if (!ngx_zos_is_host(*p)) {
            return NGX_DECLINED;
        }
    }

    port = ngx_atoi(colon + 1, end - colon - 1);

    if (port <= 0 || port > 65535) {
        return NGX_DECLINED;
    }

    url->port = (in_port_t) port;

    while (end < last && *end == '/') {
        end++;
    }

    while (end < last && last[-1] == '/') {
        last--;
    }

    url->path.data = end;
    url->path.len = last - end;

    return NGX_OK;
}


static void
ngx_zos_ftp_user(u_char *p, u_char *last, ngx_zos_ftp_url_t *url)
{
    u_char  *colon;

    colon = ngx_strlchr(p, last, ':');

    url->user.data = p;
    url->user.len = (colon ? colon : last) - p;

    url->password.data = colon ? colon + 1 : last;
    url->password.len = last - url->password.data;
}


ngx_int_t
ngx_zos_check_port_mapping(ngx_str_t *value)
{
    u_char     *p;
    size_t      len;
    ngx_int_t   one, two;

    p = ngx_strlchr(value->data, value->data + value->len, ':');

    if (p == NULL) {
        return NGX_DECLINED;
    }

    len = p - value->data;

    one = ngx_atoi(value->data, len);
    two = ngx_atoi(p + 1, value->len - len - 1);

    return one > 0 && one < 65536 && two > 0 && two < 65536
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_zos_cidr(ngx_str_t *text, ngx_cidr_t *cidr)
{
    /* NGX_DONE: bits behind the prefix are set */

    return ngx_ptocidr(text, cidr) == NGX_ERROR ? NGX_DECLINED : NGX_OK;
}


ngx_uint_t
ngx_zos_is_text(ngx_str_t *one, const char *two)
{
    return one->len == ngx_strlen(two)
           && ngx_memcmp(one->data, two, one->len) == 0;
}


ngx_uint_t
ngx_zos_in_cidr(const char *ip, const char *cidr)
{
    ngx_str_t   one, two;
    ngx_cidr_t  address, network;

    one.data = (u_char *) ip;
    one.len = ngx_strlen(ip);
    two.data = (u_char *) cidr;
    two.len = ngx_strlen(cidr);

    return ngx_zos_cidr(&one, &address) == NGX_OK
           && ngx_zos_cidr(&two, &network) == NGX_OK
           && ngx_zos_cidr_has(&network, &address);
}


ngx_uint_t
ngx_zos_cidr_overlap(ngx_str_t *one, ngx_str_t *two)
{
    ngx_cidr_t  a, b;

    return ngx_zos_cidr(one, &a) == NGX_OK
           && ngx_zos_cidr(two, &b) == NGX_OK
           && (ngx_zos_cidr_has(&a, &b) || ngx_zos_cidr_has(&b, &a));
}


static ngx_uint_t
ngx_zos_cidr_has(ngx_cidr_t *network, ngx_cidr_t *address)
{
    ngx_uint_t  i;

    if (network->family != address->family) {
        return 0;
    }

#if (NGX_HAVE_INET6)

    if (network->family == AF_INET6) {

        for (i = 0; i < 16; i++) {
            if ((address->u.in6.addr.s6_addr[i]
                 & network->u.in6.mask.s6_addr[i])
                != network->u.in6.addr.s6_addr[i])
            {
                return 0;
            }
        }

        return 1;
    }

#endif

    return (address->u.in.addr & network->u.in.mask) == network->u.in.addr;
}
