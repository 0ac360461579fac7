
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The router over all tables, beside one that has no tree: it compares the
 * segments of each operation with those of the path.  The first line of the
 * input is the method's number and which operations are allowed, the rest is
 * the path.
 */


#include "fuzz.h"


#define FUZZ_MAX_SEGMENTS  64


typedef struct {
    ngx_str_t    segments[FUZZ_MAX_SEGMENTS];
    ngx_uint_t   n;
} fuzz_path_t;


static const ngx_zos_op_t *fuzz_route_expected(fuzz_path_t *path,
    ngx_uint_t method, u_char *allowed, ngx_uint_t *methods);
static ngx_uint_t fuzz_path_split(ngx_str_t *path, fuzz_path_t *split,
    u_char *buffer);
static ngx_int_t fuzz_path_matches(fuzz_path_t *path, const ngx_zos_op_t *op);
static void fuzz_route_params(ngx_zos_match_t *match, fuzz_path_t *path);
static void fuzz_encode(ngx_str_t *text, ngx_str_t *path);


void
fuzz_route(ngx_str_t *input)
{
    u_char               *allowed, *buffer;
    ngx_int_t             rc;
    ngx_str_t             path;
    ngx_uint_t            n, method, methods, split;
    ngx_pool_t           *pool;
    fuzz_path_t           segments;
    ngx_zos_match_t       match;
    const ngx_zos_op_t   *found;
    ngx_zos_main_conf_t  *zmcf;

    static const ngx_uint_t  known[] = {
        NGX_HTTP_GET, NGX_HTTP_POST, NGX_HTTP_PUT, NGX_HTTP_DELETE,
        NGX_HTTP_PATCH
    };

    zmcf = ngx_http_cycle_get_module_main_conf(fuzz_cycle, ngx_zos_module);

    method = known[fuzz_byte(input) % 5];

    /* all of them as a rule, or those whose number has a bit of this one */

    n = fuzz_byte(input);
    allowed = n == ' ' ? NULL : calloc(1, zmcf->nops);

    for (rc = 0; allowed && rc < (ngx_int_t) zmcf->nops; rc++) {
        allowed[rc] = (rc & n) != 0;
    }

    path = *input;

    pool = ngx_create_pool(1024, fuzz_cycle->log);
    fuzz_assert(pool);

    ngx_memzero(&match, sizeof(ngx_zos_match_t));

    rc = ngx_zos_route(pool, zmcf->routes, &path, method, allowed, &match);

    buffer = malloc(path.len + 1);
    fuzz_assert(buffer);

    split = fuzz_path_split(&path, &segments, buffer);

    methods = 0;
    found = split ? fuzz_route_expected(&segments, method, allowed, &methods)
                  : NULL;

    switch (rc) {

    case NGX_OK:
        fuzz_assert(found && match.op == found);
        fuzz_assert(fuzz_op(match.number) == found);
        fuzz_route_params(&match, &segments);
        break;

    case NGX_ABORT:
        fuzz_assert(found == NULL && methods);
        fuzz_assert(match.methods == methods);
        break;

    case NGX_DECLINED:
        fuzz_assert(methods == 0);
        break;

    default:
        fuzz_assert(rc == NGX_ERROR && !split);
    }

    free(buffer);
    free(allowed);
    ngx_destroy_pool(pool);
}


/* by comparing all paths in turn; "methods" are all that the path has */

static const ngx_zos_op_t *
fuzz_route_expected(fuzz_path_t *path, ngx_uint_t method, u_char *allowed,
    ngx_uint_t *methods)
{
    ngx_int_t            literals, best;
    ngx_uint_t           n;
    const ngx_zos_op_t  *op, *found;

    found = NULL;
    best = -1;

    for (n = 0; (op = fuzz_op(n)) != NULL; n++) {
        literals = fuzz_path_matches(path, op);

        if (literals < 0 || (allowed && !allowed[n])) {
            continue;
        }

        *methods |= op->method;

        if (op->method == method && literals > best) {
            found = op;
            best = literals;
        }
    }

    return found;
}


/* 0: not encoded as it ought to be, or no path */

static ngx_uint_t
fuzz_path_split(ngx_str_t *path, fuzz_path_t *split, u_char *buffer)
{
    u_char      *dst;
    size_t       i;
    unsigned     code;
    char         hex[3];
    ngx_str_t   *segment;

    split->n = 0;

    if (path->len == 0 || *path->data != '/') {
        return 0;
    }

    dst = buffer;
    segment = NULL;

    for (i = 0; i < path->len; i++) {

        if (path->data[i] == '/') {

            if (split->n == FUZZ_MAX_SEGMENTS) {
                return 0;
            }

            segment = &split->segments[split->n++];
            segment->data = dst;
            segment->len = 0;
            continue;
        }

        if (path->data[i] != '%') {
            *dst++ = path->data[i];
            segment->len++;
            continue;
        }

        if (path->len - i < 3 || !isxdigit(path->data[i + 1])
            || !isxdigit(path->data[i + 2]))
        {
            return 0;
        }

        hex[0] = path->data[i + 1];
        hex[1] = path->data[i + 2];
        hex[2] = '\0';

        sscanf(hex, "%x", &code);

        *dst++ = code;
        segment->len++;
        i += 2;
    }

    return 1;
}


/* the weight of the literals, those in front most; -1: no match */

static ngx_int_t
fuzz_path_matches(fuzz_path_t *path, const ngx_zos_op_t *op)
{
    ngx_int_t   weight;
    ngx_str_t   rest, segment;
    ngx_uint_t  i;

    rest = op->path;
    weight = 0;

    (void) fuzz_until(&rest, '/');

    for (i = 0; rest.len; i++) {
        segment = fuzz_until(&rest, '/');

        if (i == path->n || path->segments[i].len == 0) {
            return -1;
        }

        weight *= 2;

        if (*segment.data == '{') {
            continue;
        }

        if (segment.len != path->segments[i].len
            || memcmp(segment.data, path->segments[i].data, segment.len) != 0)
        {
            return -1;
        }

        weight++;
    }

    return i == path->n ? weight : -1;
}


static void
fuzz_route_params(ngx_zos_match_t *match, fuzz_path_t *path)
{
    ngx_str_t               rest, segment, again, decoded;
    ngx_uint_t              i, n;
    u_char                 *dst, *src, *p;
    const ngx_zos_param_t  *param;

    rest = match->op->path;
    n = 0;

    (void) fuzz_until(&rest, '/');

    for (i = 0; rest.len; i++) {
        segment = fuzz_until(&rest, '/');

        if (*segment.data != '{') {
            continue;
        }

        fuzz_assert(n < match->nargs);
        fuzz_assert(match->args[n].name.len == segment.len - 2);
        fuzz_assert(match->args[n].value.len == path->segments[i].len);
        fuzz_assert(memcmp(match->args[n].value.data, path->segments[i].data,
                           path->segments[i].len) == 0);

        /* what passed the check is harmless where it goes */

        param = ngx_zos_param(&match->args[n].name);
        fuzz_assert(param);

        if (param->check(&match->args[n].value) == NGX_OK) {

            for (p = match->args[n].value.data;
                 p < match->args[n].value.data + match->args[n].value.len;
                 p++)
            {
                fuzz_assert(*p > 0x20 && *p < 0x7f && *p != '"'
                            && *p != '\\' && *p != '?' && *p != '#'
                            && *p != '&' && *p != '%');
            }
        }

        /* what is encoded is decoded */

        fuzz_encode(&match->args[n].value, &again);

        dst = malloc(again.len + 1);
        fuzz_assert(dst);
        decoded.data = dst;
        src = again.data;
        ngx_unescape_uri(&dst, &src, again.len, 0);
        decoded.len = dst - decoded.data;

        fuzz_assert(decoded.len == match->args[n].value.len
                    && memcmp(decoded.data, match->args[n].value.data,
                              decoded.len) == 0);
        free(decoded.data);
        free(again.data);
        n++;
    }

    fuzz_assert(n == match->nargs);
}


static void
fuzz_encode(ngx_str_t *text, ngx_str_t *path)
{
    size_t  len;

    len = text->len + 2 * ngx_escape_uri(NULL, text->data, text->len,
                                         NGX_ESCAPE_URI_COMPONENT);

    path->data = malloc(len + 1);
    fuzz_assert(path->data);

    path->len = (u_char *) ngx_escape_uri(path->data, text->data, text->len,
                                          NGX_ESCAPE_URI_COMPONENT)
                - path->data;
}
