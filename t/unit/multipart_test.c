
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * src/ngx_zos_multipart.c: bodies in pieces of every size, into destinations
 * with as little room as can be.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_multipart.h>
#include "unit.h"


#define HEADERS  "Content-Disposition: form-data; name=\"file\"\r\n\r\n"
#define PART     "--B\r\n" HEADERS

/* as long as a boundary may be */
#define SEVENTY  "12345678901234567890123456789012345"                       \
                 "67890123456789012345678901234567890"


typedef struct {
    ngx_str_t   body;
    char       *content;         /* NULL: there is no whole part */
    ngx_int_t   rc;
} sample_t;


static const sample_t  samples[] = {
    { text(PART "hello\r\n--B--\r\n"), "hello", NGX_OK },
    { text(PART "hello\r\n--B--"), "hello", NGX_OK },
    { text(PART "\r\n--B--\r\n"), "", NGX_OK },
    { text("\r\n" PART "hello\r\n--B--\r\n"), "hello", NGX_OK },
    { text("preamble\r\n-\r\n--A\r\n" PART "hello\r\n--B--\r\nepilogue"),
      "hello", NGX_OK },
    { text("--B \t \r\n" HEADERS "hello\r\n--B--\r\n"), "hello", NGX_OK },
    { text(PART "\r\n\r\n\r\n--B--\r\n"), "\r\n\r\n", NGX_OK },
    { text(PART "a\rb\nc\r\r\n\r\n-\r\n--\r\n--A\r\n--B--"),
      "a\rb\nc\r\r\n\r\n-\r\n--\r\n--A", NGX_OK },
    { text(PART "--B\n--B--\r--B\r\n--B--"), "--B\n--B--\r--B", NGX_OK },
    { text(PART "\r\r\n--B--"), "\r", NGX_OK },
    { text("--B\r\nX: y\r\n\r\nother\r\n"
           PART "hello\r\n--B\r\n\r\nz\r\n--B--"),
      "hello", NGX_OK },
    { text(PART "hello\r\n" PART "other\r\n--B--"), "hello", NGX_OK },
    { text("--B\r\n\r\nother\r\n" PART "hello\r\n--B--"), "hello", NGX_OK },
    { text("--B\r\ncontent-DISPOSITION:form-data;NAME=file\r\nX: y\r\n\r\n"
           "hello\r\n--B--"), "hello", NGX_OK },

    /* what is not there, and what is not all there */

    { text(""), NULL, NGX_OK },
    { text("no delimiter"), NULL, NGX_OK },
    { text("--B--\r\n"), NULL, NGX_OK },
    { text("--B\r\nContent-Disposition: form-data; name=\"other\"; "
           "filename=\"a; name=file\"\r\n\r\nhello\r\n--B--"), NULL, NGX_OK },
    { text(PART), NULL, NGX_OK },
    { text(PART "hello\r\n--"), NULL, NGX_OK },
    { text(PART "hello\n--B--\n"), NULL, NGX_OK },

    /* what is wrong */

    { text("--BB\r\n" HEADERS "hello\r\n--BB--"), NULL, NGX_ERROR },
    { text("--B\n" HEADERS "hello\r\n--B--"), NULL, NGX_ERROR },
    { text("--B\rX" HEADERS "hello\r\n--B--"), NULL, NGX_ERROR },
    { text("--B-\r\n" HEADERS "hello\r\n--B--"), NULL, NGX_ERROR },
    { text(PART "hello\r\n--Bx"), "hello", NGX_ERROR }
};


static const struct {
    ngx_str_t   type;
    char       *boundary;        /* NULL: not valid */
} types[] = {
    { text("multipart/form-data; boundary=B"), "B" },
    { text("multipart/form-data;boundary=B"), "B" },
    { text("Multipart/Form-Data; BOUNDARY=B; charset=x"), "B" },
    { text("multipart/form-data; boundary=\"a b;c\"; x=y"), "a b;c" },
    { text("multipart/form-data; x=\"; boundary=A\"; boundary=B"), "B" },
    { text("multipart/form-data; xboundary=A; boundary=B"), "B" },
    { text("multipart/form-data; boundary=" SEVENTY),
      SEVENTY },
    { text("multipart/form-data; boundary=" SEVENTY "1"),
      NULL },
    { text("multipart/form-data"), NULL },
    { text("multipart/form-data; boundary"), NULL },
    { text("multipart/form-data; boundary="), NULL },
    { text("multipart/form-data; boundary=; x=y"), NULL },
    { text("multipart/form-data; boundary=\"\""), NULL },
    { text("multipart/form-data; boundary=\"B"), NULL },
    { text("multipart/form-data; boundary=\""), NULL }
};


/* One piece, as often as the destination is full; its memory ends there. */

static ngx_int_t
take(ngx_zos_multipart_t *mp, ngx_str_t *piece, size_t room,
    ngx_str_t *content)
{
    size_t      len;
    u_char     *start, *src, *dst;
    ngx_int_t   rc;

    src = piece->data;

    do {
        start = malloc(room);
        dst = start;

        rc = ngx_zos_multipart(mp, &src, piece->data + piece->len, &dst,
                               start + room);

        len = dst - start;
        memcpy(content->data + content->len, start, len);
        content->len += len;

        free(start);

    } while (rc == NGX_AGAIN);

    return rc;
}


/*
 * All of a body, in two pieces, or where the step is not 0 in pieces of that
 * size; the destination has never more room than that.
 */

static ngx_int_t
parse(ngx_zos_multipart_t *mp, const ngx_str_t *body, size_t split,
    size_t step, size_t room, ngx_str_t *content)
{
    size_t      len, at;
    ngx_int_t   rc;
    ngx_str_t   piece, type = ngx_string("x; boundary=B");

    content->len = 0;
    rc = ngx_zos_multipart_init(mp, &type);

    for (at = 0; rc == NGX_OK && at < body->len; at += len) {

        len = step ? ngx_min(step, body->len - at)
                   : (at == 0 && split ? split : body->len - at);

        piece.data = body->data + at;
        piece = unit_copy(&piece, len);

        rc = take(mp, &piece, room, content);

        free(piece.data);
    }

    return rc;
}


static void
check(const sample_t *sample, size_t split, size_t step, size_t room)
{
    u_char               buffer[512];
    ngx_int_t            rc;
    ngx_str_t            content;
    ngx_zos_multipart_t  mp;

    content.data = buffer;
    rc = parse(&mp, &sample->body, split, step, room, &content);

    expect_of(rc == sample->rc, &sample->body);
    expect_of(mp.complete == (sample->content != NULL), &sample->body);

    if (sample->content) {
        expect_of(unit_equal(&content, sample->content), &sample->body);
    }
}


/* a delimiter that turns out to be none is written in one piece */

#define LEAST_ROOM  (sizeof("\r\n--B") - 1)


static void
test_bodies(void)
{
    size_t      room, split, step;
    ngx_uint_t  i;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {

        for (split = 0; split < samples[i].body.len; split++) {
            check(&samples[i], split, 0, 256);
            check(&samples[i], split, 0, LEAST_ROOM);
        }

        for (step = 1; step < 9; step++) {
            for (room = LEAST_ROOM; room < 9; room++) {
                check(&samples[i], 0, step, room);
            }
        }
    }
}


/* cut anywhere, a body is not complete before the delimiter is */

static void
test_cut(void)
{
    u_char                buffer[512];
    ngx_str_t             body, content;
    ngx_zos_multipart_t   mp;

    static const ngx_str_t  whole = text(PART "hello\r\n--B--\r\n");

    content.data = buffer;

    for (body = whole, body.len = 0; body.len < whole.len; body.len++) {
        expect_of(parse(&mp, &body, 0, 0, 256, &content) == NGX_OK, &body);
        expect_of(mp.complete == (body.len >= whole.len - 4), &body);
    }
}


static void
test_headers(void)
{
    size_t                len;
    u_char               *text, buffer[512];
    ngx_int_t             rc;
    ngx_str_t             body, content;
    ngx_zos_multipart_t   mp;

    static const char  tail[] = "\r\n" HEADERS "hello\r\n--B--\r\n";

    text = malloc(NGX_ZOS_MULTIPART_MAX_HEADERS + 256);
    content.data = buffer;

    for (len = NGX_ZOS_MULTIPART_MAX_HEADERS - 64;
         len < NGX_ZOS_MULTIPART_MAX_HEADERS + 2; len++)
    {
        memcpy(text, "--B\r\n", 5);
        memset(text + 5, 'x', len);
        memcpy(text + 5 + len, tail, sizeof(tail));

        body.data = text;
        body.len = 5 + len + sizeof(tail) - 1;
        rc = parse(&mp, &body, 0, 0, 256, &content);

        expect(rc == (len + sizeof("\r\n" HEADERS) - 1
                      <= NGX_ZOS_MULTIPART_MAX_HEADERS
                      ? NGX_OK : NGX_ERROR));
    }

    free(text);
}


static void
test_types(void)
{
    ngx_int_t             rc;
    ngx_str_t             type, boundary;
    ngx_uint_t            i;
    ngx_zos_multipart_t   mp;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {

        type = unit_copy(&types[i].type, types[i].type.len);
        rc = ngx_zos_multipart_init(&mp, &type);
        free(type.data);

        expect_of(rc == (types[i].boundary ? NGX_OK : NGX_DECLINED),
                  &types[i].type);

        if (rc != NGX_OK || types[i].boundary == NULL) {
            continue;
        }

        boundary.data = mp.delimiter + 4;
        boundary.len = mp.delimiter_len - 4;

        expect_of(unit_equal(&boundary, types[i].boundary), &types[i].type);
        expect_of(memcmp(mp.delimiter, "\r\n--", 4) == 0, &types[i].type);
    }
}


void
test_multipart(void)
{
    test_bodies();
    test_cut();
    test_headers();
    test_types();
}
