
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_check_repository(ngx_str_t *value);


/* a URL as restic has it, "sftp:user@host:/path" is one, too */

static ngx_int_t
ngx_zos_check_repository(ngx_str_t *value)
{
    size_t   i;
    u_char  *colon;

    colon = ngx_strlchr(value->data, value->data + value->len, ':');

    if (colon == NULL || colon == value->data
        || colon == value->data + value->len - 1)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || value->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static const ngx_zos_field_t  ngx_zos_backup_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the backup") },

    { .name = ngx_string("container"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the container") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_repository, .secret = 1,
      .rule = ngx_string("must be the URL of a restic repository"),
      .text = ngx_string("restic repository that it goes to") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_backup_args[] = {

    { .name = ngx_string("container"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("container") },

    { .name = ngx_string("url"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("url") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_backup_members[] = {

    { .name = ngx_string("meta"), .type = NGX_ZOS_MAP,
      .from = ngx_string("data.meta"), .get = ngx_zos_backup_meta,
      .nullable = 1,
      .text = ngx_string("the container as it was, without its secrets; "
                         "null, if AYS does not say") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the backup") },

    { .name = ngx_string("snapshot"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.snapshot"),
      .text = ngx_string("id of the snapshot in the repository") },

    { .name = ngx_string("timestamp"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.timestamp"),
      .text = ngx_string("when, seconds since 1970") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("container") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.url"), .get = ngx_zos_backup_url,
      .text = ngx_string("restic repository, without user, password and "
                         "arguments") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_backup_view = {
    .name = ngx_string("Backup"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_backup_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_ays_t  ngx_zos_backup_list_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_BACKUP, ngx_null_string },
    .fields = ngx_string("meta,snapshot,timestamp,type,url"),
};


/* there is no look at a single one */

static const ngx_zos_ays_t  ngx_zos_backup_create_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_BACKUP, ngx_string("{body.name}") },
    .args = ngx_zos_backup_args,
    .action = ngx_string("install"),
    .location = ngx_string("/backup"),
};


const ngx_zos_op_t  ngx_zos_ops_backup[] = {

    {
      .name = ngx_string("listBackup"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/backup"),
      .summary = ngx_string("List the backups"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_backup_view,
      .ays = &ngx_zos_backup_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("backupContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/backup"),
      .summary = ngx_string("Back up a container to a restic "
                            "repository"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_backup_fields,
      .ays = &ngx_zos_backup_create_ays,
      .steps = ngx_zos_steps_backup,
      .status = NGX_HTTP_CREATED,
    },

    { .name = ngx_null_string }
};
