
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A file from an ftp server, in passive mode.  The connection for the data
 * goes to the address of the server itself, whatever the server says.
 */


#ifndef _NGX_ZOS_FTP_H_INCLUDED_
#define _NGX_ZOS_FTP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>


#define NGX_ZOS_FTP_LINE  512        /* of a reply; what is behind is lost */


typedef enum {
    NGX_ZOS_FTP_OK = 0,
    NGX_ZOS_FTP_INTERNAL,
    NGX_ZOS_FTP_CONNECT,
    NGX_ZOS_FTP_TIMEOUT,
    NGX_ZOS_FTP_CLOSED,
    NGX_ZOS_FTP_PROTOCOL,
    NGX_ZOS_FTP_REFUSED,
    NGX_ZOS_FTP_LOGIN,
    NGX_ZOS_FTP_FILE,
    NGX_ZOS_FTP_BROKEN,              /* off, by the server's own account */
    NGX_ZOS_FTP_TOO_LARGE
} ngx_zos_ftp_error_e;


typedef struct ngx_zos_ftp_s  ngx_zos_ftp_t;


struct ngx_zos_ftp_s {
    struct sockaddr          *sockaddr;
    socklen_t                 socklen;
    ngx_str_t                 address;   /* the same as a text */
    ngx_str_t                 user;      /* none of the three has controls */
    ngx_str_t                 password;
    ngx_str_t                 path;
    ngx_msec_t                timeout;   /* for all of it */
    size_t                    max;       /* of the content */
    ngx_pool_t               *pool;
    ngx_log_t                *log;

    /* called once, later */
    void                    (*handler)(ngx_zos_ftp_t *ftp);
    void                     *data;

    ngx_uint_t                error;     /* ngx_zos_ftp_error_e */
    ngx_uint_t                code;      /* of the last reply, or 0 */
    ngx_str_t                 content;

    /* the rest is the client's */

    ngx_peer_connection_t     control;
    ngx_peer_connection_t     transfer;
    ngx_str_t                 unsent;
    ngx_uint_t                state;
    ngx_uint_t                multi;     /* code of the lines of a reply */
    size_t                    received;  /* bytes of a reply */
    size_t                    len;       /* of the line */
    u_char                    line[NGX_ZOS_FTP_LINE];
    unsigned                  connected:1;
    unsigned                  open:1;    /* the transfer's connection */
    unsigned                  eof:1;
    unsigned                  done:1;    /* the server has said so */
};


/* NGX_AGAIN: the handler follows; NGX_OK: failed at once, see the error. */
ngx_int_t ngx_zos_ftp_get(ngx_zos_ftp_t *ftp);

/* At any time; the handler is not called any more. */
void ngx_zos_ftp_close(ngx_zos_ftp_t *ftp);

/* zos_ftp_allow */
char *ngx_zos_ftp_set_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_ZOS_FTP_H_INCLUDED_ */
