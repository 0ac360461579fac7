
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A client that reads slowly: the flow waits until what has been sent so far
 * has left, as long as send_timeout allows.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


static void ngx_zos_drain_handler(ngx_http_request_t *r);


ngx_int_t
ngx_zos_step_drain(ngx_zos_flow_t *f)
{
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = f->request;
    wev = r->connection->write;

    if (!f->headers) {
        return NGX_OK;
    }

    /* the event that says so may have come and gone while nobody looked */

    if ((r->buffered || r->connection->buffered) && !wev->delayed
        && ngx_http_output_filter(r, NULL) == NGX_ERROR)
    {
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "closed",
                            "the client has left");
    }

    if (!r->buffered && !r->connection->buffered) {

        if (r->write_event_handler == ngx_zos_drain_handler) {

            /* the timer of limit_rate is not ours */

            if (wev->timer_set && !wev->delayed) {
                ngx_del_timer(wev);
            }

            r->write_event_handler = ngx_http_request_empty_handler;
        }

        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    r->write_event_handler = ngx_zos_drain_handler;

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
ngx_zos_drain_handler(ngx_http_request_t *r)
{
    ngx_event_t     *wev;
    ngx_zos_flow_t  *f;

    f = ngx_http_get_module_ctx(r, ngx_zos_module);
    wev = r->connection->write;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, NGX_ETIMEDOUT,
                      "client timed out");
        r->connection->timedout = 1;

        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (wev->delayed) {
        return;
    }

    switch (ngx_zos_step_drain(f)) {

    case NGX_OK:
        ngx_zos_flow_resume(f);
        return;

    case NGX_AGAIN:
        return;

    default:
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}
