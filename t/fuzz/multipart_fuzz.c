
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Multipart bodies in pieces, into buffers of any size; the same in one piece
 * comes to the same.  What it comes to is known where the body is made of the
 * input: whatever a file has in it, it leaves as it came.
 *
 * The first line of the input is the Content-Type, with the size of a piece
 * and of a buffer before it.
 */


#include "fuzz.h"
#include <ngx_zos_multipart.h>


/* at least what may be a delimiter is written at once */
#define FUZZ_BUFFER  (NGX_ZOS_MULTIPART_MAX_BOUNDARY + 4)


typedef struct {
    ngx_int_t            rc;
    ngx_str_t            file;
    ngx_zos_multipart_t  mp;
} fuzz_upload_t;


static void fuzz_upload(fuzz_upload_t *up, ngx_str_t *type, ngx_str_t *body,
    size_t piece, size_t size);
static void fuzz_upload_made(ngx_str_t *content, size_t piece, size_t size);
static ngx_uint_t fuzz_type_possible(ngx_str_t *type);


void
fuzz_multipart(ngx_str_t *input)
{
    size_t         piece, size;
    ngx_str_t      type, rest;
    fuzz_upload_t  one, two;

    piece = 1 + fuzz_byte(input);
    size = FUZZ_BUFFER + fuzz_byte(input);

    rest = *input;
    type = fuzz_until(&rest, LF);

    if (fuzz_type_possible(&type)) {
        fuzz_upload(&one, &type, &rest, piece, size);
        fuzz_upload(&two, &type, &rest, rest.len + 1, rest.len + FUZZ_BUFFER);

        fuzz_assert(one.rc == two.rc);

        if (one.rc != NGX_DECLINED) {
            fuzz_assert(one.mp.found == two.mp.found);
            fuzz_assert(one.mp.complete == two.mp.complete);
            fuzz_assert(one.file.len == two.file.len);
            fuzz_assert(one.file.len <= rest.len);
            fuzz_assert(one.file.len == 0
                        || memcmp(one.file.data, two.file.data, one.file.len)
                           == 0);

            /* only what the body has, and nothing before it was found */

            fuzz_assert(one.file.len == 0 || one.mp.found);
            fuzz_assert(!one.mp.complete || one.mp.found);
        }

        free(one.file.data);
        free(two.file.data);
    }

    fuzz_upload_made(&rest, piece, size);
}


/* nginx lets no header with such bytes in */

static ngx_uint_t
fuzz_type_possible(ngx_str_t *type)
{
    size_t  i;

    for (i = 0; i < type->len; i++) {
        if (type->data[i] == CR || type->data[i] == '\0') {
            return 0;
        }
    }

    return 1;
}


static void
fuzz_upload(fuzz_upload_t *up, ngx_str_t *type, ngx_str_t *body,
    size_t piece, size_t size)
{
    u_char  *src, *last, *dst, *buffer, *copy, *body_last;
    size_t   len;

    ngx_memzero(&up->file, sizeof(ngx_str_t));

    up->rc = ngx_zos_multipart_init(&up->mp, type);

    if (up->rc != NGX_OK) {
        fuzz_assert(up->rc == NGX_DECLINED);
        return;
    }

    buffer = malloc(size);
    fuzz_assert(buffer);

    body_last = body->data + body->len;
    dst = buffer;

    for (src = body->data; src < body_last && up->rc == NGX_OK; /* void */) {

        /* a piece in a block of its own, so that nothing behind is read */

        len = ngx_min(piece, (size_t) (body_last - src));
        copy = malloc(len);
        fuzz_assert(copy);
        memcpy(copy, src, len);

        last = copy + len;
        src += len;

        for (body->data = copy; copy < last || up->rc == NGX_AGAIN;
             /* void */)
        {
            up->rc = ngx_zos_multipart(&up->mp, &copy, last, &dst,
                                       buffer + size);

            fuzz_assert(copy <= last && dst <= buffer + size);

            if (up->rc == NGX_AGAIN) {
                fuzz_assert(dst > buffer);
            }

            len = dst - buffer;
            up->file.data = realloc(up->file.data, up->file.len + len + 1);
            fuzz_assert(up->file.data);
            memcpy(up->file.data + up->file.len, buffer, len);
            up->file.len += len;
            dst = buffer;

            if (up->rc != NGX_AGAIN) {
                break;
            }
        }

        fuzz_assert(up->rc != NGX_OK || copy == last);

        free(body->data);
        body->data = body_last - body->len;
    }

    free(buffer);
}


static void
fuzz_upload_made(ngx_str_t *content, size_t piece, size_t size)
{
    ngx_str_t      body, type;
    fuzz_upload_t  up;

    static const char  head[] =
        "--b0undary\r\n"
        "Content-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
        "--b0undary\r\n"
        "Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n"
        "\r\n";
    static const char  tail[] = "\r\n--b0undary--\r\n";

    if (memmem(content->data, content->len, "\r\n--b0undary", 12)
        || (content->len >= 10 && memcmp(content->data, "--b0undary", 10)
                                  == 0))
    {
        return;
    }

    ngx_str_set(&type, "multipart/form-data; boundary=b0undary");

    body.len = sizeof(head) - 1 + content->len + sizeof(tail) - 1;
    body.data = malloc(body.len);
    fuzz_assert(body.data);

    ngx_cpymem(ngx_cpymem(ngx_cpymem(body.data, head, sizeof(head) - 1),
                          content->data, content->len),
               tail, sizeof(tail) - 1);

    fuzz_upload(&up, &type, &body, piece, size);

    fuzz_assert(up.rc == NGX_OK && up.mp.complete);
    fuzz_assert(up.file.len == content->len);
    fuzz_assert(content->len == 0
                || memcmp(up.file.data, content->data, content->len) == 0);

    free(up.file.data);
    free(body.data);
}
