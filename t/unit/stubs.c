
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "unit.h"


#define STUB_BLOCKS  64


ngx_uint_t  stub_allocations;

static void  *stub_blocks[STUB_BLOCKS];


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    ngx_uint_t  i;

    if (stub_allocations == 0) {
        return NULL;
    }

    stub_allocations--;

    for (i = 0; i < STUB_BLOCKS; i++) {
        if (stub_blocks[i] == NULL) {
            stub_blocks[i] = malloc(size);
            return stub_blocks[i];
        }
    }

    abort();
}


ngx_int_t
ngx_pfree(ngx_pool_t *pool, void *p)
{
    ngx_uint_t  i;

    for (i = 0; i < STUB_BLOCKS; i++) {
        if (stub_blocks[i] == p) {
            free(p);
            stub_blocks[i] = NULL;
            return NGX_OK;
        }
    }

    abort();
}


void
stub_free_all(void)
{
    ngx_uint_t  i;

    for (i = 0; i < STUB_BLOCKS; i++) {
        free(stub_blocks[i]);
        stub_blocks[i] = NULL;
    }
}


ngx_int_t
ngx_hextoi(u_char *line, size_t n)
{
    int        digit;
    ngx_int_t  value;

    for (value = 0; n--; line++) {

        if (!isxdigit(*line)) {
            return NGX_ERROR;
        }

        digit = tolower(*line);
        value = value * 16 + (digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }

    return value;
}


ngx_int_t
ngx_strncasecmp(u_char *s1, u_char *s2, size_t n)
{
    return strncasecmp((char *) s1, (char *) s2, n);
}


/* quotes and backslashes only */

uintptr_t
ngx_escape_json(u_char *dst, u_char *src, size_t size)
{
    size_t  more;

    more = 0;

    for ( /* void */ ; size--; src++) {

        if (*src == '"' || *src == '\\') {
            more++;

            if (dst) {
                *dst++ = '\\';
            }
        }

        if (dst) {
            *dst++ = *src;
        }
    }

    return dst ? (uintptr_t) dst : more;
}


/* not called by the tests */

void
ngx_encode_base64(ngx_str_t *dst, ngx_str_t *src)
{
    abort();
}


/* "%L" only */

u_char * ngx_cdecl
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    int       n;
    char      text[32];
    va_list   args;

    if (strcmp(fmt, "%L") != 0) {
        abort();
    }

    va_start(args, fmt);
    n = snprintf(text, sizeof(text), "%lld",
                 (long long) va_arg(args, int64_t));
    va_end(args);

    return ngx_cpymem(buf, text, n);
}
