
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * libcurl owns the sockets and says which events it wants; it expects them
 * level-triggered.  nginx sees each socket as an idle connection, so that a
 * worker that quits or has too few of them can end it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos.h>
#include <ngx_zos_curl.h>

#include <curl/curl.h>


#define NGX_ZOS_CURL_HEADERS  65536


/* the worker's */

static struct {
    CURLM               *multi;
    CURL                *easy;
    struct curl_slist   *headers;
    ngx_zos_post_t      *post;
    size_t               size;       /* of the buffer for the answer */
    size_t               received;   /* bytes of headers */
    ngx_event_t          timer;
    ngx_connection_t     dummy;      /* for debug logs of the timer */
    unsigned             large:1;
    unsigned             broken:1;   /* no connection for a socket */
    char                 error[CURL_ERROR_SIZE];
} ngx_zos_curl;


static ngx_int_t ngx_zos_curl_init(void);
static ngx_int_t ngx_zos_curl_headers(ngx_zos_post_t *post);
static ngx_int_t ngx_zos_curl_options(CURL *easy, ngx_zos_post_t *post);
static CURLcode ngx_zos_curl_tls(CURL *easy, ngx_zos_post_t *post);
static size_t ngx_zos_curl_header(char *data, size_t size, size_t n,
    void *ctx);
static size_t ngx_zos_curl_body(char *data, size_t size, size_t n, void *ctx);
static int ngx_zos_curl_socket(CURL *easy, curl_socket_t fd, int what,
    void *ctx, void *socket_ctx);
static ngx_int_t ngx_zos_curl_want(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t wanted);
static void ngx_zos_curl_release(ngx_connection_t *c);
static int ngx_zos_curl_set_timer(CURLM *multi, long timeout, void *ctx);
static void ngx_zos_curl_timer_handler(ngx_event_t *ev);
static void ngx_zos_curl_event_handler(ngx_event_t *ev);
static void ngx_zos_curl_check(void);
static void ngx_zos_curl_finish(ngx_uint_t status, const char *error);


const char *
ngx_zos_curl_lacks(void)
{
    const char *const       *protocol;
    curl_version_info_data  *info;

    info = curl_version_info(CURLVERSION_NOW);

    if (!(info->features & CURL_VERSION_ASYNCHDNS)) {
        return "asynchronous DNS";
    }

    for (protocol = info->protocols; *protocol; protocol++) {
        if (ngx_strcmp(*protocol, "https") == 0) {
            return NULL;
        }
    }

    return "https";
}


const char *
ngx_zos_curl_check_url(u_char *url, ngx_uint_t *tls)
{
    char        *scheme, *part;
    CURLU       *handle;
    const char  *error;

    handle = curl_url();
    if (handle == NULL) {
        return "can't be parsed";
    }

    error = NULL;
    scheme = NULL;
    part = NULL;

    if (curl_url_set(handle, CURLUPART_URL, (char *) url, 0) != CURLUE_OK
        || curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
    {
        error = "is not a URL";

    } else if (ngx_strcmp(scheme, "https") != 0
               && ngx_strcmp(scheme, "http") != 0)
    {
        error = "is neither https nor http";

    } else if (curl_url_get(handle, CURLUPART_USER, &part, 0) == CURLUE_OK
               || curl_url_get(handle, CURLUPART_PASSWORD, &part, 0)
                  == CURLUE_OK)
    {
        error = "has a user or a password";

    } else {
        *tls = (ngx_strcmp(scheme, "https") == 0);
    }

    curl_free(part);
    curl_free(scheme);
    curl_url_cleanup(handle);

    return error;
}


ngx_int_t
ngx_zos_curl_post(ngx_zos_post_t *post)
{
    CURL  *easy;

    if (ngx_zos_curl.post || ngx_zos_curl_init() != NGX_OK) {
        return NGX_ERROR;
    }

    easy = curl_easy_init();
    if (easy == NULL) {
        return NGX_ERROR;
    }

    ngx_zos_curl.size = post->answer.len;
    ngx_zos_curl.received = 0;
    ngx_zos_curl.large = 0;
    ngx_zos_curl.broken = 0;
    ngx_zos_curl.error[0] = '\0';

    post->answer.len = 0;
    post->status = 0;

    if (ngx_zos_curl_headers(post) != NGX_OK
        || ngx_zos_curl_options(easy, post) != NGX_OK
        || curl_multi_add_handle(ngx_zos_curl.multi, easy) != CURLM_OK)
    {
        curl_slist_free_all(ngx_zos_curl.headers);
        ngx_zos_curl.headers = NULL;

        curl_easy_cleanup(easy);
        return NGX_ERROR;
    }

    /* it has set the timer that begins the work */

    ngx_zos_curl.easy = easy;
    ngx_zos_curl.post = post;

    return NGX_OK;
}


/*
 * Not before it is needed: most workers never renew anything.  The handle
 * stays, and the CA certificates that it has parsed with it.
 */

static ngx_int_t
ngx_zos_curl_init(void)
{
    CURLM  *multi;

    if (ngx_zos_curl.multi) {
        return NGX_OK;
    }

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return NGX_ERROR;
    }

    multi = curl_multi_init();

    if (multi == NULL) {
        curl_global_cleanup();
        return NGX_ERROR;
    }

    ngx_zos_curl.dummy.fd = (ngx_socket_t) -1;

    ngx_zos_curl.timer.handler = ngx_zos_curl_timer_handler;
    ngx_zos_curl.timer.data = &ngx_zos_curl.dummy;
    ngx_zos_curl.timer.log = ngx_cycle->log;
    ngx_zos_curl.timer.cancelable = 1;

    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, ngx_zos_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, ngx_zos_curl_set_timer);

    ngx_zos_curl.multi = multi;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_curl_headers(ngx_zos_post_t *post)
{
    ngx_uint_t          i;
    struct curl_slist  *list;

    /* without those that libcurl adds to a POST by itself */

    const char  *lines[] = { (char *) post->authorization, "Content-Type:",
                             "Expect:" };

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        list = curl_slist_append(ngx_zos_curl.headers, lines[i]);

        if (list == NULL) {
            return NGX_ERROR;
        }

        ngx_zos_curl.headers = list;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_curl_options(CURL *easy, ngx_zos_post_t *post)
{
    CURLcode  rc;

    rc = curl_easy_setopt(easy, CURLOPT_URL, (char *) post->url);
    rc |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    rc |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, ngx_zos_curl.headers);
    rc |= curl_easy_setopt(easy, CURLOPT_USERAGENT,
                           "ngx_zos/" NGX_ZOS_VERSION);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           (long) CURL_HTTP_VERSION_1_1);

    rc |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) post->timeout);
    rc |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    rc |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, ngx_zos_curl.error);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, ngx_zos_curl_header);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ngx_zos_curl_body);

    /* or it would stay open for the next time, which is in an hour */

    rc |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);

#if (LIBCURL_VERSION_NUM >= 0x075500)
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
                           (long) (CURLPROTO_HTTP|CURLPROTO_HTTPS));
#endif

#if (LIBCURL_VERSION_NUM >= 0x075700)
    /* the thread that resolves a name is not waited for */
    rc |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif

    rc |= ngx_zos_curl_tls(easy, post);

    return rc == CURLE_OK ? NGX_OK : NGX_ERROR;
}


static CURLcode
ngx_zos_curl_tls(CURL *easy, ngx_zos_post_t *post)
{
    CURLcode          rc;
    struct curl_blob  blob;

    rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    rc |= curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                           (long) CURL_SSLVERSION_TLSv1_2);

    if (post->trusted.len) {

        /* the directory of the system's would be trusted, too */

        rc |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);

        blob.data = post->trusted.data;
        blob.len = post->trusted.len;
        blob.flags = CURL_BLOB_COPY;

        rc |= curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }

    return rc;
}


static size_t
ngx_zos_curl_header(char *data, size_t size, size_t n, void *ctx)
{
    ngx_zos_curl.received += size * n;

    if (ngx_zos_curl.received > NGX_ZOS_CURL_HEADERS) {
        ngx_zos_curl.large = 1;
        return 0;
    }

    return size * n;
}


static size_t
ngx_zos_curl_body(char *data, size_t size, size_t n, void *ctx)
{
    ngx_str_t  *answer;

    answer = &ngx_zos_curl.post->answer;

    if (size * n > ngx_zos_curl.size - answer->len) {
        ngx_zos_curl.large = 1;
        return 0;
    }

    ngx_memcpy(answer->data + answer->len, data, size * n);
    answer->len += size * n;

    return size * n;
}


/* an error that is returned here would break the handle for good */

static int
ngx_zos_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx,
    void *socket_ctx)
{
    ngx_connection_t  *c;

    c = socket_ctx;

    if (what == CURL_POLL_REMOVE) {

        if (c) {
            ngx_zos_curl_release(c);
        }

        return 0;
    }

    if (c == NULL) {
        c = ngx_get_connection(fd, ngx_cycle->log);

        if (c == NULL) {
            ngx_zos_curl.broken = 1;
            return 0;
        }

        c->idle = 1;
        c->read->handler = ngx_zos_curl_event_handler;
        c->write->handler = ngx_zos_curl_event_handler;
        c->read->log = c->log;
        c->write->log = c->log;

        curl_multi_assign(ngx_zos_curl.multi, fd, c);
    }

    if (ngx_zos_curl_want(c->read, NGX_READ_EVENT, what & CURL_POLL_IN)
        != NGX_OK
        || ngx_zos_curl_want(c->write, NGX_WRITE_EVENT, what & CURL_POLL_OUT)
           != NGX_OK)
    {
        ngx_zos_curl.broken = 1;
    }

    return 0;
}


static ngx_int_t
ngx_zos_curl_want(ngx_event_t *ev, ngx_int_t event, ngx_uint_t wanted)
{
    if (wanted) {
        return ev->active ? NGX_OK
                          : ngx_add_event(ev, event, NGX_LEVEL_EVENT);
    }

    return ev->active ? ngx_del_event(ev, event, 0) : NGX_OK;
}


/* the socket is libcurl's, and is closed by it */

static void
ngx_zos_curl_release(ngx_connection_t *c)
{
    (void) ngx_zos_curl_want(c->read, NGX_READ_EVENT, 0);
    (void) ngx_zos_curl_want(c->write, NGX_WRITE_EVENT, 0);

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    c->read->closed = 1;
    c->write->closed = 1;
    c->idle = 0;

    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
}


static int
ngx_zos_curl_set_timer(CURLM *multi, long timeout, void *ctx)
{
    if (timeout >= 0) {
        ngx_add_timer(&ngx_zos_curl.timer, (ngx_msec_t) timeout);

    } else if (ngx_zos_curl.timer.timer_set) {
        ngx_del_timer(&ngx_zos_curl.timer);
    }

    return 0;
}


static void
ngx_zos_curl_timer_handler(ngx_event_t *ev)
{
    int  running;

    (void) curl_multi_socket_action(ngx_zos_curl.multi, CURL_SOCKET_TIMEOUT,
                                    0, &running);
    ngx_zos_curl_check();
}


static void
ngx_zos_curl_event_handler(ngx_event_t *ev)
{
    int                running;
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close) {
        ngx_zos_curl_finish(0, "the worker process ends");
        return;
    }

    (void) curl_multi_socket_action(ngx_zos_curl.multi, c->fd,
                                    ev->write ? CURL_CSELECT_OUT
                                              : CURL_CSELECT_IN,
                                    &running);
    ngx_zos_curl_check();
}


static void
ngx_zos_curl_check(void)
{
    int       left;
    long      status;
    CURLMsg  *msg;
    CURLcode  rc;

    if (ngx_zos_curl.broken) {
        ngx_zos_curl_finish(0, "no connection is left for it");
        return;
    }

    msg = curl_multi_info_read(ngx_zos_curl.multi, &left);

    if (msg == NULL || msg->msg != CURLMSG_DONE) {
        return;
    }

    rc = msg->data.result;

    if (ngx_zos_curl.large) {
        ngx_zos_curl_finish(0, "the answer is too large");

    } else if (rc != CURLE_OK) {
        ngx_zos_curl_finish(0, ngx_zos_curl.error[0] ? ngx_zos_curl.error
                                                     : curl_easy_strerror(rc));

    } else if (curl_easy_getinfo(ngx_zos_curl.easy, CURLINFO_RESPONSE_CODE,
                                 &status)
               == CURLE_OK)
    {
        ngx_zos_curl_finish(status, "");
    }
}


static void
ngx_zos_curl_finish(ngx_uint_t status, const char *error)
{
    ngx_zos_post_t  *post;

    post = ngx_zos_curl.post;

    post->status = status;
    (void) ngx_cpystrn((u_char *) post->error, (u_char *) error,
                       NGX_ZOS_CURL_ERROR);

    ngx_zos_curl_cancel();

    post->handler(post);
}


void
ngx_zos_curl_cancel(void)
{
    if (ngx_zos_curl.post == NULL) {
        return;
    }

    (void) curl_multi_remove_handle(ngx_zos_curl.multi, ngx_zos_curl.easy);

    curl_easy_cleanup(ngx_zos_curl.easy);
    curl_slist_free_all(ngx_zos_curl.headers);

    if (ngx_zos_curl.timer.timer_set) {
        ngx_del_timer(&ngx_zos_curl.timer);
    }

    ngx_zos_curl.easy = NULL;
    ngx_zos_curl.headers = NULL;
    ngx_zos_curl.post = NULL;
}


void
ngx_zos_curl_exit(void)
{
    if (ngx_zos_curl.multi == NULL) {
        return;
    }

    ngx_zos_curl_cancel();

    curl_multi_cleanup(ngx_zos_curl.multi);
    ngx_zos_curl.multi = NULL;

    curl_global_cleanup();
}
