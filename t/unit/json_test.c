
/*
 * Copyright (C) the ngx_zos authors
 */

/* src/ngx_zos_json.c: walking, values, and writing. */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_json.h>
#include "unit.h"


/* no function here looks into a pool */

static ngx_pool_t  *pool = NULL;


/* ---- walking ---- */

static void
test_type(void)
{
    ngx_uint_t  i;

    static ngx_str_t  values[] = {
        text("{}"), text("[]"), text("\"\""), text("-1"), text("true"),
        text("false"), text("null")
    };

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        expect_of(ngx_zos_json_type(&values[i]) == i, &values[i]);
    }
}


static void
test_next(void)
{
    ngx_str_t            key, value;
    ngx_uint_t           i;
    ngx_zos_json_iter_t  it;

    static ngx_str_t  object = ngx_string(
        "{\"big\":18446744073709551615, \"float\" :-0.10e+05 ,\"\":true,\n"
        "\"e\\\"sc\":\"a\\\\\",\"list\":[{\"]\":\"}\"},[]],\"last\":null }");

    static const char  *members[][2] = {
        { "big", "18446744073709551615" },
        { "float", "-0.10e+05" },
        { "", "true" },
        { "e\\\"sc", "\"a\\\\\"" },
        { "list", "[{\"]\":\"}\"},[]]" },
        { "last", "null" }
    };

    ngx_zos_json_iter(&it, &object);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        expect(ngx_zos_json_next(&it, &key, &value) == NGX_OK);
        expect_of(unit_equal(&key, members[i][0]), &key);
        expect_of(unit_equal(&value, members[i][1]), &value);
    }

    expect(ngx_zos_json_next(&it, &key, &value) == NGX_DONE);
}


static void
test_next_element(void)
{
    ngx_str_t            key, value;
    ngx_zos_json_iter_t  it;

    static ngx_str_t  array = ngx_string("[ 1,\"two\" ]");
    static ngx_str_t  empty = ngx_string("[]");

    ngx_zos_json_iter(&it, &array);

    expect(ngx_zos_json_next(&it, &key, &value) == NGX_OK);
    expect(key.len == 0 && key.data == NULL && unit_equal(&value, "1"));
    expect(ngx_zos_json_next(&it, &key, &value) == NGX_OK);
    expect(unit_equal(&value, "\"two\""));
    expect(ngx_zos_json_next(&it, &key, &value) == NGX_DONE);

    ngx_zos_json_iter(&it, &empty);

    expect(ngx_zos_json_next(&it, &key, &value) == NGX_DONE);
}


/* members before what is broken are handed out, nothing behind it */

static void
test_next_broken(void)
{
    ngx_str_t            key, value;
    ngx_zos_json_iter_t  it;

    static ngx_str_t  object = ngx_string(" {\"a\":1,\"b\":[01],\"c\":2}");

    expect(ngx_zos_json_open(&it, &object) == NGX_OK);
    expect(ngx_zos_json_next(&it, &key, &value) == NGX_OK);
    expect(unit_equal(&key, "a") && unit_equal(&value, "1"));
    expect(ngx_zos_json_next(&it, &key, &value) == NGX_ERROR);
}


static void
test_get(void)
{
    ngx_str_t   value;
    ngx_uint_t  i;

    static ngx_str_t  object = ngx_string(
        "{\"a\":1,\"cmd\":{\"id\":\"x\",\"no\":null,\"in\":{\"z\":[]}},"
        "\"list\":[{\"id\":1}],\"null\":null,\"cmd.id\":2}");

    static const struct {
        ngx_str_t    path;
        const char  *value;      /* NULL: declined */
    } cases[] = {
        { ngx_string("a"), "1" },
        { ngx_string("cmd.id"), "\"x\"" },
        { ngx_string("cmd.in.z"), "[]" },
        { ngx_string("cmd"), "{\"id\":\"x\",\"no\":null,\"in\":{\"z\":[]}}" },
        { ngx_string("b"), NULL },
        { ngx_string("null"), NULL },
        { ngx_string("null.a"), NULL },
        { ngx_string("cmd.no"), NULL },
        { ngx_string("cmd.ido"), NULL },
        { ngx_string("cmd.i"), NULL },
        { ngx_string("cmd.in.z.a"), NULL },
        { ngx_string("a.b"), NULL },
        { ngx_string("list.id"), NULL },
        { ngx_string(""), NULL }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (cases[i].value == NULL) {
            expect_of(ngx_zos_json_get(&object, &cases[i].path, &value)
                      == NGX_DECLINED, &cases[i].path);
            expect(value.len == 0 && value.data == NULL);
            continue;
        }

        expect_of(ngx_zos_json_get(&object, &cases[i].path, &value) == NGX_OK,
                  &cases[i].path);
        expect_of(unit_equal(&value, cases[i].value), &value);
    }
}


/* ---- values ---- */

static void
test_string(void)
{
    ngx_str_t   value, string;
    ngx_uint_t  i;

    static const struct {
        ngx_str_t   value;
        ngx_str_t   string;
    } cases[] = {
        { text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), text("\"\\/\b\f\n\r\t") },
        { text("\"{\\\"a\\\":1}\""), text("{\"a\":1}") },
        { text("\"\\u0041\\u00e9\\u20AC\""), text("A\xc3\xa9\xe2\x82\xac") },
        { text("\"x\\u0000y\""), text("x\0y") },
        { text("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\""),
          text("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
        { text("\"\\ud83d\\ude00!\""), text("\xf0\x9f\x98\x80!") },
        { text("\"\\ud800\\udc00\\udbff\\udfff\""),
          text("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },

        /* halves of pairs */
        { text("\"\\ud83d\""), text("\xef\xbf\xbd") },
        { text("\"\\ud83dx\""), text("\xef\xbf\xbdx") },
        { text("\"\\ude00\""), text("\xef\xbf\xbd") },
        { text("\"\\ud83d\\n\""), text("\xef\xbf\xbd\n") },
        { text("\"\\ud83d\\u0041\""), text("\xef\xbf\xbd" "A") },
        { text("\"\\ud83d\\ud83d\\ude00\""),
          text("\xef\xbf\xbd\xf0\x9f\x98\x80") },
        { text("\"\\ude00\\ud83d\""), text("\xef\xbf\xbd\xef\xbf\xbd") },
        { text("\"\\ud83d\\ue000\""), text("\xef\xbf\xbd\xee\x80\x80") },

        { { 0, NULL }, { 0, NULL } }
    };

    for (i = 0; cases[i].value.data; i++) {
        value = unit_copy(&cases[i].value, cases[i].value.len);

        expect_of(ngx_zos_json_check(&value, &string) == NGX_OK, &value);
        expect_of(ngx_zos_json_string(pool, &value, &string) == NGX_OK,
                  &value);
        expect_of(string.len == cases[i].string.len
                  && memcmp(string.data, cases[i].string.data, string.len)
                     == 0,
                  &value);

        stub_free_all();
        free(value.data);
    }
}


static void
test_string_edges(void)
{
    ngx_str_t  string;
    ngx_str_t  plain = ngx_string("\"caf\xc3\xa9\"");
    ngx_str_t  escaped = ngx_string("\"\\n\"");
    ngx_str_t  empty = ngx_string("\"\"");
    ngx_str_t  number = ngx_string("12");

    /* nothing to resolve, nothing to allocate */

    stub_allocations = 0;

    expect(ngx_zos_json_string(pool, &plain, &string) == NGX_OK);
    expect(string.data == plain.data + 1 && string.len == plain.len - 2);

    expect(ngx_zos_json_string(pool, &empty, &string) == NGX_OK);
    expect(string.len == 0);

    expect(ngx_zos_json_string(pool, &number, &string) == NGX_DECLINED);
    expect(ngx_zos_json_string(pool, &escaped, &string) == NGX_ERROR);

    stub_allocations = STUB_PLENTY;
}


/* an escape at each place of the words that a string is read in */

static void
test_string_words(void)
{
    u_char                buf[64];
    ngx_str_t             key, value, plain, array;
    ngx_uint_t            len, at;
    ngx_zos_json_iter_t   it;

    for (len = 2; len < 26; len++) {
        for (at = 0; at + 2 <= len; at++) {

            ngx_memset(buf, 'x', sizeof(buf));
            ngx_memcpy(buf, "[\"", 2);
            ngx_memcpy(buf + 2 + at, "\\\"", 2);
            ngx_memcpy(buf + 2 + len, "\",7]", 4);

            array.data = buf;
            array.len = len + 6;

            ngx_zos_json_iter(&it, &array);

            expect_of(ngx_zos_json_next(&it, &key, &value) == NGX_OK, &array);
            expect_of(value.len == len + 2, &array);

            expect(ngx_zos_json_string(pool, &value, &plain) == NGX_OK);
            expect_of(plain.len == len - 1, &plain);
            expect_of(plain.data[at] == '"', &plain);
            expect_of(ngx_strlchr(plain.data, plain.data + plain.len, '\\')
                      == NULL, &plain);

            expect_of(ngx_zos_json_next(&it, &key, &value) == NGX_OK, &array);
            expect_of(unit_equal(&value, "7"), &value);
            expect(ngx_zos_json_next(&it, &key, &value) == NGX_DONE);

            stub_free_all();
        }
    }
}


static void
test_integer(void)
{
    int64_t     n;
    ngx_int_t   rc;
    ngx_str_t   value;
    ngx_uint_t  i;

    static const struct {
        ngx_str_t   value;
        ngx_int_t   rc;
        int64_t     number;
    } cases[] = {
        { ngx_string("0"), NGX_OK, 0 },
        { ngx_string("-0"), NGX_OK, 0 },
        { ngx_string("-17"), NGX_OK, -17 },
        { ngx_string("1795447146367"), NGX_OK, 1795447146367LL },
        { ngx_string("999999999999999999"), NGX_OK, 999999999999999999LL },
        { ngx_string("9223372036854775807"), NGX_OK, INT64_MAX },
        { ngx_string("9223372036854775808"), NGX_ERROR, 0 },
        { ngx_string("-9223372036854775808"), NGX_OK, INT64_MIN },
        { ngx_string("-9223372036854775809"), NGX_ERROR, 0 },
        { ngx_string("9999999999999999999"), NGX_ERROR, 0 },
        { ngx_string("18446744073709551616"), NGX_ERROR, 0 },
        { ngx_string("100000000000000000000"), NGX_ERROR, 0 },
        { ngx_string("1.0"), NGX_ERROR, 0 },
        { ngx_string("1e3"), NGX_ERROR, 0 },
        { ngx_string("true"), NGX_ERROR, 0 },
        { ngx_string("\"1\""), NGX_ERROR, 0 },
        { ngx_string("-"), NGX_ERROR, 0 },
        { ngx_string(""), NGX_ERROR, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        value = unit_copy(&cases[i].value, cases[i].value.len);
        n = 0;

        rc = ngx_zos_json_integer(&value, &n);

        expect_of(rc == cases[i].rc, &value);
        expect_of(n == cases[i].number, &value);

        free(value.data);
    }
}


/* ---- writing ---- */

static void
test_out(void)
{
    ngx_str_t      text;
    ngx_zos_out_t  out;
    ngx_str_t      plain = ngx_string("plain");
    ngx_str_t      quoted = ngx_string("a \"b\" \\");

    /* from a byte, so that it grows on the way */

    expect(ngx_zos_out_init(&out, pool, 1) == NGX_OK);

    ngx_zos_out_literal(&out, "[");
    ngx_zos_out_string(&out, &plain);
    ngx_zos_out_literal(&out, ",");
    ngx_zos_out_string(&out, &quoted);
    ngx_zos_out_literal(&out, ",");
    ngx_zos_out_integer(&out, INT64_MIN);
    ngx_zos_out_literal(&out, ",");
    ngx_zos_out_integer(&out, INT64_MAX);
    ngx_zos_out_literal(&out, ",");
    ngx_zos_out_str(&out, &plain);
    ngx_zos_out_literal(&out, "");
    ngx_zos_out_literal(&out, "]");

    expect(ngx_zos_out_done(&out, &text) == NGX_OK);
    expect_of(unit_equal(&text, "[\"plain\",\"a \\\"b\\\" \\\\\","
                           "-9223372036854775808,9223372036854775807,plain]"),
              &text);

    stub_free_all();
}


static void
test_out_growth(void)
{
    u_char         byte;
    ngx_str_t      text;
    ngx_uint_t     i;
    ngx_zos_out_t  out;

    /* doubles: few allocations, however long it becomes */

    stub_allocations = 16;

    expect(ngx_zos_out_init(&out, pool, 4) == NGX_OK);

    for (i = 0; i < 100000; i++) {
        byte = (u_char) i;
        ngx_zos_out(&out, &byte, 1);
    }

    expect(ngx_zos_out_done(&out, &text) == NGX_OK);
    expect(text.len == 100000);

    for (i = 0; i < text.len && text.data[i] == (u_char) i; i++) { /* void */ }

    expect(i == text.len);

    stub_free_all();
    stub_allocations = STUB_PLENTY;
}


static void
test_out_no_memory(void)
{
    ngx_str_t      text;
    ngx_zos_out_t  out;
    ngx_str_t      string = ngx_string("much more than what there is");

    stub_allocations = 0;

    expect(ngx_zos_out_init(&out, pool, 16) == NGX_ERROR);

    /* a failure stays one, whatever still fits */

    stub_allocations = 1;

    expect(ngx_zos_out_init(&out, pool, 16) == NGX_OK);

    ngx_zos_out_string(&out, &string);

    stub_allocations = STUB_PLENTY;

    ngx_zos_out_literal(&out, "fits");
    ngx_zos_out_string(&out, &string);
    ngx_zos_out_integer(&out, 1);

    expect(ngx_zos_out_done(&out, &text) == NGX_ERROR);

    stub_free_all();
}


void
test_json(void)
{
    test_type();
    test_next();
    test_next_element();
    test_next_broken();
    test_get();
    test_string();
    test_string_edges();
    test_string_words();
    test_integer();
    test_out();
    test_out_growth();
    test_out_no_memory();
}
