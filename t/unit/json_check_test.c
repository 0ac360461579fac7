
/*
 * Copyright (C) the ngx_zos authors
 */

/* src/ngx_zos_json.c: what is JSON and what is not. */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_json.h>
#include "unit.h"


static const ngx_str_t  valid[] = {
    text("0"),
    text("-0"),
    text("10"),
    text("-12.50"),
    text("1e5"),
    text("1E+5"),
    text("0.1e-05"),
    text("123456789012345678901234567890"),
    text("true"),
    text("false"),
    text("null"),
    text(" \t\r\n1\n\r\t "),
    text("\"\""),
    text("\"a\""),
    text("\"a longer string, of more than one word\""),
    text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uABCD\""),
    text("\"quote in the middle \\\" of words, and then some more\""),
    text("\"\x7f\""),
    text("\"\xc2\x80 \xdf\xbf\""),
    text("\"\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf\""),
    text("\"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf\""),
    text("\"\\ud800\""),
    text("[]"),
    text("[ ]"),
    text("[1]"),
    text("[ 1 , \"a\" , [ ] , { } , null ]"),
    text("{}"),
    text("{ }"),
    text("{\"\":0}"),
    text("{\"a\":1,\"a\":2}"),
    text(" { \"a\" : { \"b\" : [ 1 , 2 ] } , \"c,}]\" : \"}\" } "),
    { 0, NULL }
};


static const ngx_str_t  invalid[] = {
    text(" "),
    text("x"),
    text("tru"),
    text("truE"),
    text("truex"),
    text("falsey"),
    text("nul"),
    text("NaN"),
    text("Infinity"),
    text("-"),
    text("+1"),
    text("01"),
    text("-01"),
    text("00"),
    text(".5"),
    text("5."),
    text("5.e1"),
    text("1e"),
    text("1e+"),
    text("1e1.5"),
    text("0x10"),
    text("1 2"),
    text("\""),
    text("\"a"),
    text("\"\\\""),
    text("\"\\"),
    text("\"\\x\""),
    text("\"\\u12\""),
    text("\"\\u12g4\""),
    text("\"\\u123"),
    text("\"a\"b"),
    text("'a'"),
    text("\"\n\""),
    text("\"\0\""),
    text("\"\x1f\""),
    text("\"\x80\""),
    text("\"\xbf\""),
    text("\"\xc0\xaf\""),
    text("\"\xc1\xbf\""),
    text("\"\xc3\""),
    text("\"\xc3("),
    text("\"\xe0\x80\xaf\""),
    text("\"\xe0\x9f\xbf\""),
    text("\"\xe2\x82\""),
    text("\"\xe2\x82("),
    text("\"\xed\xa0\x80\""),
    text("\"\xed\xbf\xbf\""),
    text("\"\xf0\x80\x80\xaf\""),
    text("\"\xf0\x8f\xbf\xbf\""),
    text("\"\xf0\x9f\x98\""),
    text("\"\xf4\x90\x80\x80\""),
    text("\"\xf5\x80\x80\x80\""),
    text("\"\xff\""),
    text("\xef\xbb\xbf{}"),
    text("{}\0"),
    text("["),
    text("]"),
    text("[,]"),
    text("[1,]"),
    text("[,1]"),
    text("[1,,2]"),
    text("[1 2]"),
    text("[1}"),
    text("[1]]"),
    text("[\"a\":1]"),
    text("{"),
    text("}"),
    text("{,}"),
    text("{]"),
    text("{\"a\"}"),
    text("{\"a\":}"),
    text("{\"a\" 1}"),
    text("{\"a\":1,}"),
    text("{\"a\":1 \"b\":2}"),
    text("{\"a\":1]"),
    text("{a:1}"),
    text("{1:1}"),
    text("{null:1}"),
    text("{\"a\":1}}"),
    text("{\"a\":1} x"),
    text("{} {}"),
    text("/* */ {}"),
    { 0, NULL }
};


static ngx_uint_t
is_valid(ngx_str_t *str)
{
    ngx_str_t  value;

    return ngx_zos_json_check(str, &value) == NGX_OK;
}


/* as a caller does with an answer that has not been checked */

static ngx_uint_t
is_valid_object(ngx_str_t *str)
{
    ngx_int_t            rc;
    ngx_str_t            key, value;
    ngx_zos_json_iter_t  it;

    if (ngx_zos_json_open(&it, str) != NGX_OK) {
        return 0;
    }

    do {
        rc = ngx_zos_json_next(&it, &key, &value);
    } while (rc == NGX_OK);

    return rc == NGX_DONE;
}


static void
test_document(const ngx_str_t *document, ngx_uint_t ok)
{
    size_t      len;
    ngx_str_t   str, value;
    ngx_uint_t  object;

    str = unit_copy(document, document->len);

    expect_of(is_valid(&str) == ok, document);

    object = ok && ngx_zos_json_check(&str, &value) == NGX_OK
             && ngx_zos_json_type(&value) == NGX_ZOS_JSON_OBJECT;

    expect_of(is_valid_object(&str) == object, document);

    free(str.data);

    if (!object) {
        return;
    }

    /* what is left when a byte is missing is no object any more */

    for (len = value.data + value.len - 1 - str.data; len; len--) {
        str = unit_copy(document, len);

        expect_of(!is_valid(&str), &str);
        expect_of(!is_valid_object(&str), &str);

        free(str.data);
    }
}


static void
test_documents(void)
{
    ngx_uint_t  i;
    ngx_str_t   value, empty = ngx_null_string;
    ngx_str_t   spaced = ngx_string(" \n{\"a\": 1 }\t ");

    for (i = 0; valid[i].data; i++) {
        test_document(&valid[i], 1);
    }

    for (i = 0; invalid[i].data; i++) {
        test_document(&invalid[i], 0);
    }

    expect(!is_valid(&empty));
    expect(!is_valid_object(&empty));

    expect(ngx_zos_json_check(&spaced, &value) == NGX_OK);
    expect(unit_equal(&value, "{\"a\": 1 }"));
}


/* every byte at every place in a word and behind it */

static void
test_bytes(void)
{
    ngx_str_t   str;
    ngx_uint_t  i, byte;
    u_char      string[] = "\"aaaaaaaaaaaaaaaaaaa\"";

    for (i = 1; i < sizeof(string) - 2; i++) {

        for (byte = 0; byte < 256; byte++) {
            string[i] = (u_char) byte;

            str.data = string;
            str.len = sizeof(string) - 1;

            str = unit_copy(&str, str.len);

            expect_of(is_valid(&str) == (byte >= 0x20 && byte < 0x80
                                         && byte != '"' && byte != '\\'),
                      &str);

            free(str.data);
        }

        string[i] = 'a';
    }
}


static void
test_depth(void)
{
    size_t      n;
    ngx_str_t   str;
    ngx_uint_t  ok;
    u_char      text[4 * NGX_ZOS_JSON_MAX_DEPTH + 8], *p;

    for (n = 1; n < NGX_ZOS_JSON_MAX_DEPTH + 4; n++) {

        ok = (n <= NGX_ZOS_JSON_MAX_DEPTH);

        memset(text, '[', n);
        memset(text + n, ']', n);

        str.data = text;
        str.len = 2 * n;

        expect(is_valid(&str) == ok);

        /* the same in an object that is level one */

        p = ngx_cpymem(text, "{\"\":", 4);
        memset(p, '[', n - 1);
        memset(p + n - 1, ']', n - 1);
        p[2 * n - 2] = '}';

        str.len = 4 + 2 * n - 2 + 1;

        if (n > 1) {
            expect(is_valid(&str) == ok);
            expect(is_valid_object(&str) == ok);
        }
    }
}


static void
test_utf8(void)
{
    ngx_str_t  good = ngx_string("a\0\n\"\xc3\xa9 \xf0\x9f\x98\x80");
    ngx_str_t  bad = ngx_string("a \xc3\xa9 \xc3");
    ngx_str_t  empty = ngx_null_string;

    expect(ngx_zos_json_is_utf8(&good));
    expect(!ngx_zos_json_is_utf8(&bad));
    expect(ngx_zos_json_is_utf8(&empty));
}


void
test_json_check(void)
{
    test_documents();
    test_bytes();
    test_depth();
    test_utf8();
}
