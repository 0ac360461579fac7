
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Each worker has a timer and asks the zone whether it is time; the one that
 * gets the lease renews the token.  A lease that is left behind ends by
 * itself, or with the next worker in the place of the one that died.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <ngx_zos_curl.h>
#include <ngx_zos_token.h>


#define NGX_ZOS_RENEW_LEASE  5000      /* ms more than the renewal may take */
#define NGX_ZOS_RENEW_LOOK   60000     /* ms at most; clocks are set */
#define NGX_ZOS_RENEW_BEARER "Authorization: bearer "


/* the worker's */

static struct {
    ngx_event_t             timer;
    ngx_connection_t        dummy;      /* for debug logs of the timer */
    ngx_zos_token_value_t   old;        /* the one that is being renewed */
    ngx_zos_post_t          post;
    u_char                  answer[NGX_ZOS_TOKEN_MAX + 256];
} ngx_zos_renew;


static void ngx_zos_renew_handler(ngx_event_t *ev);
static ngx_int_t ngx_zos_renew_start(ngx_zos_main_conf_t *zmcf);
static void ngx_zos_renew_done(ngx_zos_post_t *post);
static void ngx_zos_renew_failed(ngx_zos_main_conf_t *zmcf,
    const char *reason);
static void ngx_zos_renew_save(ngx_zos_main_conf_t *zmcf, ngx_str_t *token);
static char *ngx_zos_renew_write(u_char *name, ngx_str_t *token,
    ngx_err_t *err);
static char *ngx_zos_renew_fill(ngx_fd_t fd, ngx_file_info_t *fi,
    ngx_str_t *token);


void
ngx_zos_renew_init_worker(ngx_cycle_t *cycle)
{
    ngx_event_t          *timer;
    ngx_zos_main_conf_t  *zmcf;

    timer = &ngx_zos_renew.timer;

    ngx_zos_renew.dummy.fd = (ngx_socket_t) -1;

    timer->handler = ngx_zos_renew_handler;
    timer->data = &ngx_zos_renew.dummy;
    timer->log = cycle->log;
    timer->cancelable = 1;

    zmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_zos_module);

    if (zmcf && zmcf->token.url.data) {
        ngx_zos_slot_release(zmcf->zone);
        ngx_add_timer(timer, 0);
    }
}


void
ngx_zos_renew_exit_worker(ngx_cycle_t *cycle)
{
    ngx_zos_main_conf_t  *zmcf;

    ngx_zos_curl_exit();

    zmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_zos_module);

    if (zmcf && zmcf->token.url.data) {
        ngx_zos_slot_release(zmcf->zone);
    }
}


static void
ngx_zos_renew_handler(ngx_event_t *ev)
{
    ngx_msec_t            wait;
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_zos_module);

    if (ngx_exiting || zmcf == NULL || zmcf->token.url.data == NULL) {
        return;
    }

    ngx_zos_token_sync(zmcf);

    if (ngx_zos_slot_lease(zmcf->zone, zmcf->token.before,
                           zmcf->token.timeout + NGX_ZOS_RENEW_LEASE, &wait)
        == NGX_OK)
    {
        wait = zmcf->token.timeout + NGX_ZOS_RENEW_LEASE;

        if (ngx_zos_renew_start(zmcf) != NGX_OK) {
            ngx_zos_renew_failed(zmcf, "it could not be started");
            return;
        }
    }

    ngx_add_timer(ev, ngx_min(wait, NGX_ZOS_RENEW_LOOK));
}


static ngx_int_t
ngx_zos_renew_start(ngx_zos_main_conf_t *zmcf)
{
    ngx_int_t               rc;
    ngx_zos_post_t         *post;
    ngx_zos_token_value_t  *old;
    u_char                  header[sizeof(NGX_ZOS_RENEW_BEARER)
                                   + NGX_ZOS_TOKEN_MAX];

    old = &ngx_zos_renew.old;
    post = &ngx_zos_renew.post;

    ngx_zos_slot_read(zmcf->zone, old);

    if (old->generation == 0) {
        return NGX_ERROR;
    }

    ngx_sprintf(header, NGX_ZOS_RENEW_BEARER "%*s%Z", old->len, old->value);

    post->url = zmcf->token.url.data;
    post->authorization = header;
    post->trusted = zmcf->token.trusted;
    post->timeout = zmcf->token.timeout;
    post->handler = ngx_zos_renew_done;
    post->answer.data = ngx_zos_renew.answer;
    post->answer.len = sizeof(ngx_zos_renew.answer);

    rc = ngx_zos_curl_post(post);

    ngx_explicit_memzero(header, sizeof(header));

    return rc;
}


static void
ngx_zos_renew_done(ngx_zos_post_t *post)
{
    time_t                 expires;
    const char            *error;
    ngx_zos_main_conf_t   *zmcf;

    zmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_zos_module);

    if (zmcf == NULL || zmcf->token.url.data == NULL) {
        return;
    }

    if (ngx_exiting || ngx_terminate) {
        /* the next worker tries at once */
        ngx_zos_slot_release(zmcf->zone);
        return;
    }

    if (post->status == 0) {
        ngx_zos_renew_failed(zmcf, post->error);
        return;
    }

    if (post->status != NGX_HTTP_OK) {
        ngx_snprintf((u_char *) post->error, NGX_ZOS_CURL_ERROR,
                     "the answer has status %ui%Z", post->status);
        ngx_zos_renew_failed(zmcf, post->error);
        return;
    }

    error = ngx_zos_token_parse(&post->answer, &expires);

    if (error) {
        ngx_snprintf((u_char *) post->error, NGX_ZOS_CURL_ERROR,
                     "the answer %s%Z", error);
        ngx_zos_renew_failed(zmcf, post->error);
        return;
    }

    if (expires <= ngx_zos_renew.old.expires || expires <= ngx_time()) {
        ngx_zos_renew_failed(zmcf, "the new one ends no later");
        return;
    }

    if (ngx_zos_slot_renewed(zmcf->zone, ngx_zos_renew.old.generation,
                             &post->answer, expires)
        == NGX_OK)
    {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "zos_token renewed, it ends in %T seconds",
                      expires - ngx_time());

        ngx_zos_renew_save(zmcf, &post->answer);
    }

    ngx_add_timer(&ngx_zos_renew.timer, 0);
}


static void
ngx_zos_renew_failed(ngx_zos_main_conf_t *zmcf, const char *reason)
{
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "zos_token could not be renewed: %s", reason);

    ngx_zos_slot_failed(zmcf->zone);

    ngx_add_timer(&ngx_zos_renew.timer, 1);
}


/*
 * These few system calls block, but it is one small file, and once in the
 * time of a token.
 */

static void
ngx_zos_renew_save(ngx_zos_main_conf_t *zmcf, ngx_str_t *token)
{
    char       *failed;
    ngx_err_t   err;

    err = 0;
    failed = ngx_zos_renew_write(zmcf->token.file.data, token, &err);

    if (failed == NULL) {
        ngx_zos_slot_saved(zmcf->zone, token);

    } else if (ngx_zos_slot_not_saved(zmcf->zone)) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, err,
                      "the renewed zos_token is not kept in \"%V\": %s; "
                      "a restart or another zone begins with the old one",
                      &zmcf->token.file, failed);
    }
}


static char *
ngx_zos_renew_write(u_char *name, ngx_str_t *token, ngx_err_t *err)
{
    char             *failed;
    u_char           *p;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;
    u_char            temp[NGX_MAX_PATH];

    if (lstat((char *) name, &fi) == -1 || access((char *) name, W_OK) == -1) {
        *err = ngx_errno;
        return "it may not be written";
    }

    if (!S_ISREG(fi.st_mode)) {
        return "it is not a regular file";
    }

    p = ngx_snprintf(temp, NGX_MAX_PATH - 1, "%s.new", name);
    *p = '\0';

    /* one who died has left it, maybe; there is one lease only */

    (void) ngx_delete_file(temp);

    fd = open((char *) temp, O_CREAT|O_EXCL|O_WRONLY|O_CLOEXEC, 0600);

    if (fd == NGX_INVALID_FILE) {
        *err = ngx_errno;
        return "no file can be made beside it";
    }

    failed = ngx_zos_renew_fill(fd, &fi, token);
    *err = ngx_errno;

    if (ngx_close_file(fd) == NGX_FILE_ERROR && failed == NULL) {
        *err = ngx_errno;
        failed = "writing failed";
    }

    if (failed == NULL && ngx_rename_file(temp, name) == NGX_FILE_ERROR) {
        *err = ngx_errno;
        failed = "it can't be replaced";
    }

    if (failed) {
        (void) ngx_delete_file(temp);
    }

    return failed;
}


/* who could read the old one can read the new one, and nobody else */

static char *
ngx_zos_renew_fill(ngx_fd_t fd, ngx_file_info_t *fi, ngx_str_t *token)
{
    ngx_file_info_t  own;

    if (ngx_fd_info(fd, &own) == NGX_FILE_ERROR
        || ((own.st_uid != fi->st_uid || own.st_gid != fi->st_gid)
            && fchown(fd, fi->st_uid, fi->st_gid) == -1)
        || fchmod(fd, fi->st_mode & 0777) == -1)
    {
        return "its owner can't be kept";
    }

    if (ngx_write_fd(fd, token->data, token->len) != (ssize_t) token->len
        || ngx_write_fd(fd, "\n", 1) != 1)
    {
        return "writing failed";
    }

    return NULL;
}
