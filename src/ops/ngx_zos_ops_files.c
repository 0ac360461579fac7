
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static const ngx_zos_field_t  ngx_zos_file_query[] = {

    { .name = ngx_string("path"), .type = NGX_ZOS_STRING, .required = 1,
      .text = ngx_string("of the file in the container") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_file_upload_query[] = {

    { .name = ngx_string("path"), .type = NGX_ZOS_STRING, .required = 1,
      .text = ngx_string("of the file in the container") },

    { .name = ngx_string("perm"), .type = NGX_ZOS_STRING,
      .text = ngx_string("permissions, octal, 644 if left out") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_file_delete_query[] = {

    { .name = ngx_string("path"), .type = NGX_ZOS_STRING,
      .text = ngx_string("as in the body, if there is none") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_file_delete_fields[] = {

    { .name = ngx_string("path"), .type = NGX_ZOS_STRING,
      .text = ngx_string("absolute, in the container; a directory goes "
                         "with all that is in it") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_file_view = {
    .name = ngx_string("application/octet-stream"),
    .shape = NGX_ZOS_VIEW_BYTES,
};


const ngx_zos_op_t  ngx_zos_ops_files[] = {

    {
      .name = ngx_string("fileUpload"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/filesystem"),
      .summary = ngx_string("Upload a file into the container"),
      .flags = NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_UPLOAD|NGX_ZOS_OP_FINISH,
      .media = { ngx_string("multipart/form-data"),
                 ngx_string("application/octet-stream") },
      .query = ngx_zos_file_upload_query,
      .steps = ngx_zos_steps_upload,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("fileDownload"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/filesystem"),
      .summary = ngx_string("Download a file from the container"),
      .flags = NGX_ZOS_OP_FINISH,
      .query = ngx_zos_file_query,
      .view = &ngx_zos_file_view,
      .steps = ngx_zos_steps_download,
    },

    {
      .name = ngx_string("fileDelete"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/filesystem"),
      .summary = ngx_string("Delete a file or directory of the container"),
      .flags = NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_EMPTY,
      .query = ngx_zos_file_delete_query,
      .body = ngx_zos_file_delete_fields,
      .steps = ngx_zos_steps_delete_file,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
