
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A blueprint is JSON that AYS reads as YAML 1.1.  That is the same, but for
 * characters that YAML wants to have escaped: 0x7f, the C1 controls, and the
 * two that are none (ays-protocol 3.5); and for those that are line ends there
 * and would be folded away, NEL, LS and PS.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>


static size_t ngx_zos_yaml_special(u_char *p, u_char *last,
    ngx_uint_t *code);


ngx_int_t
ngx_zos_yaml(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char      *p, *last, *dst;
    size_t       len, special;
    ngx_uint_t   code;

    last = text->data + text->len;
    special = 0;

    for (p = text->data; p < last; p++) {
        if (ngx_zos_yaml_special(p, last, &code)) {
            special++;
        }
    }

    if (special == 0) {
        return NGX_OK;
    }

    dst = ngx_pnalloc(pool, text->len + special * 6);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    p = text->data;
    text->data = dst;

    while (p < last) {
        len = ngx_zos_yaml_special(p, last, &code);

        if (len) {
            dst = ngx_sprintf(dst, "\\u%04xi", code);
            p += len;

        } else {
            *dst++ = *p++;
        }
    }

    text->len = dst - text->data;

    return NGX_OK;
}


/* the length of the character, 0 for any other one */

static size_t
ngx_zos_yaml_special(u_char *p, u_char *last, ngx_uint_t *code)
{
    if (*p == 0x7f) {
        *code = 0x7f;
        return 1;
    }

    if (*p == 0xc2 && last - p > 1 && p[1] < 0xa0) {
        *code = p[1];
        return 2;
    }

    if (*p == 0xe2 && last - p > 2 && p[1] == 0x80
        && (p[2] == 0xa8 || p[2] == 0xa9))
    {
        *code = 0x2000 | (p[2] & 0x3f);
        return 3;
    }

    if (*p == 0xef && last - p > 2 && p[1] == 0xbf && p[2] >= 0xbe) {
        *code = 0xffc0 | (p[2] & 0x3f);
        return 3;
    }

    return 0;
}
