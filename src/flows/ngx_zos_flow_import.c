
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A virtual machine out of an export: its description is read from the ftp
 * server, its vdisks are made one after the other, each with a run that
 * fetches the content, then the virtual machine with these vdisks.  What was
 * made is deleted again when a later one fails.
 *
 * These are several changes of one flow, each with a row of its own: a copy
 * of the operation's with another target.  What they send is the body, to
 * which the description has been added.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_ftp.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


#define NGX_ZOS_IMPORT_MAX  65536        /* of the description */


typedef struct {
    ngx_zos_ftp_t       ftp;
    ngx_zos_ftp_url_t   url;
    json_t             *description;
    ngx_str_t           id;
    ngx_str_t          *names;           /* of the new vdisks */
    ngx_uint_t          n;
    ngx_uint_t          made;            /* of them */
    ngx_zos_op_t        vdisk;
    ngx_zos_op_t        vm;
    ngx_zos_op_t        undo;

    /* why all of it is undone */

    ngx_uint_t          status;
    ngx_str_t           body;
    ngx_str_t           error;
    unsigned            undoing:1;
} ngx_zos_import_t;


static ngx_int_t ngx_zos_import_start(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_address(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_read(ngx_zos_flow_t *f);
static void ngx_zos_import_read_handler(ngx_zos_ftp_t *ftp);
static void ngx_zos_import_end(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_described(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_ftp_failed(ngx_zos_flow_t *f,
    ngx_zos_ftp_t *ftp);
static ngx_int_t ngx_zos_import_refs(ngx_zos_flow_t *f,
    ngx_zos_import_t *import);
static ngx_int_t ngx_zos_import_names(ngx_zos_flow_t *f,
    ngx_zos_import_t *import);
static ngx_int_t ngx_zos_import_body(ngx_zos_flow_t *f,
    ngx_zos_import_t *import);
static ngx_int_t ngx_zos_import_set(json_t *object, const char *name,
    json_t *value);
static void ngx_zos_import_op(ngx_zos_flow_t *f, ngx_zos_op_t *op,
    const ngx_zos_ays_t *ays);
static ngx_int_t ngx_zos_import_own(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_ask(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_free(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_next(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_vdisk(ngx_zos_flow_t *f,
    ngx_zos_import_t *import);
static ngx_int_t ngx_zos_import_done(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_failed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_import_undone(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_import_vm[] = {
    ngx_zos_import_start,
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_import_address,
    ngx_zos_import_read,
    ngx_zos_import_described,
    NGX_ZOS_STEPS_REFS,
    ngx_zos_import_own,
    ngx_zos_import_ask,
    ngx_zos_import_free,
    ngx_zos_import_next,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_import_done,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


static ngx_int_t
ngx_zos_import_start(ngx_zos_flow_t *f)
{
    json_t            *value;
    ngx_str_t          text;
    ngx_zos_import_t  *import;

    if (f->conf->ftp_allow == NULL) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_IMPLEMENTED, "no ftp",
                            "importVM has to read from an ftp server, and "
                            "zos_ftp_allow is off here");
    }

    import = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_import_t));
    if (import == NULL) {
        return NGX_ERROR;
    }

    value = ngx_zos_body(f, "url");

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (ngx_zos_ftp_url(&text, &import->url) != NGX_OK
        || import->url.path.len == 0)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "url must have the path of the description");
    }

    f->ctx = import;

    return NGX_OK;
}


/* ---- the description ---- */

static ngx_int_t
ngx_zos_import_address(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_zos_import_t  *import;

    import = f->ctx;

    rc = ngx_zos_flow_resolve(f, &import->url.host, import->url.port);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "url must have an IPv4 address for its host, as "
                            "the gateway has no resolver");
    }

    return rc;
}


static ngx_int_t
ngx_zos_import_read(ngx_zos_flow_t *f)
{
    ngx_zos_ftp_t     *ftp;
    ngx_zos_import_t  *import;

    static const ngx_str_t  anonymous = ngx_string("anonymous");

    import = f->ctx;
    ftp = &import->ftp;

    if (f->conf->ftp_allow->nelts
        && ngx_cidr_match(f->peer.sockaddr, f->conf->ftp_allow) != NGX_OK)
    {
        return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "ftp denied",
                            "zos_ftp_allow does not allow the ftp server "
                            "\"%V\"", &import->url.host);
    }

    ftp->sockaddr = f->peer.sockaddr;
    ftp->socklen = f->peer.socklen;
    ftp->address = f->peer.address;
    ftp->user = import->url.user.len ? import->url.user : anonymous;
    ftp->password = import->url.password;
    ftp->path = import->url.path;
    ftp->timeout = f->conf->ftp_timeout;
    ftp->max = NGX_ZOS_IMPORT_MAX;
    ftp->pool = f->request->pool;
    ftp->log = f->request->connection->log;
    ftp->handler = ngx_zos_import_read_handler;
    ftp->data = f;

    f->end = ngx_zos_import_end;

    return ngx_zos_ftp_get(ftp);
}


static void
ngx_zos_import_read_handler(ngx_zos_ftp_t *ftp)
{
    ngx_zos_flow_resume(ftp->data);
}


static void
ngx_zos_import_end(ngx_zos_flow_t *f)
{
    ngx_zos_import_t  *import;

    import = f->ctx;

    ngx_zos_ftp_close(&import->ftp);
}


static ngx_int_t
ngx_zos_import_described(ngx_zos_flow_t *f)
{
    json_t            *description;
    ngx_uint_t         line;
    const char        *error;
    ngx_zos_import_t  *import;

    import = f->ctx;

    if (import->ftp.error != NGX_ZOS_FTP_OK) {
        return ngx_zos_import_ftp_failed(f, &import->ftp);
    }

    description = ngx_zos_keep_json(f, ngx_zos_yaml_load(&import->ftp.content,
                                                         &error, &line));

    if (description == NULL) {

        if (error == NULL) {
            return NGX_ERROR;
        }

        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad import",
                            "the description is no YAML that can be used, "
                            "line %ui: %s", line, error);
    }

    if (ngx_zos_schema(f, "the description", ngx_zos_vm_description_fields,
                       ngx_zos_vm_description_rules, description)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    import->description = description;

    if (ngx_zos_import_refs(f, import) != NGX_OK
        || ngx_zos_import_names(f, import) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_import_body(f, import);
}


/* nothing that the server has said is in it */

static ngx_int_t
ngx_zos_import_ftp_failed(ngx_zos_flow_t *f, ngx_zos_ftp_t *ftp)
{
    u_char  code[16];

    static const char  *sentences[] = {
        "",
        "",
        "can't be reached",
        "gave no answer in time",
        "broke off the connection",
        "sent an invalid reply",
        "refuses to serve the gateway",
        "refuses the login",
        "does not give the file",
        "could not send all of the file",
        "has a file that is larger than 65536 bytes"
    };

    if (ftp->error == NGX_ZOS_FTP_INTERNAL) {
        return NGX_ERROR;
    }

    code[0] = '\0';

    if (ftp->code) {
        ngx_sprintf(code, ", reply %ui%Z", ftp->code);
    }

    if (ftp->error == NGX_ZOS_FTP_TIMEOUT) {
        return ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "ftp timeout",
                            "the ftp server at %V %s", &ftp->address,
                            sentences[ftp->error]);
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "ftp",
                        "the ftp server at %V %s%s", &ftp->address,
                        sentences[ftp->error], code);
}


static ngx_int_t
ngx_zos_import_refs(ngx_zos_flow_t *f, ngx_zos_import_t *import)
{
    json_t     *storage;
    ngx_str_t   name;

    storage = ngx_zos_body(f, "vdiskstorage");

    name.data = (u_char *) json_string_value(storage);
    name.len = json_string_length(storage);

    if (ngx_zos_ref(f, NGX_ZOS_ROLE_VDISKSTORAGE, &name, NULL,
                    "vdiskstorage")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ref_bridges(f, json_object_get(import->description,
                                                  "nics"));
}


/* in the order of the alphabet, as they are locked */

static ngx_int_t
ngx_zos_import_names(ngx_zos_flow_t *f, ngx_zos_import_t *import)
{
    time_t      now;
    ngx_uint_t  i;

    now = ngx_time();

    import->n = json_array_size(json_object_get(import->description,
                                                "vdisks"));
    import->names = ngx_palloc(f->request->pool,
                               (import->n + 1) * sizeof(ngx_str_t));

    if (import->names == NULL
        || ngx_zos_target_name(f, &import->id) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < import->n; i++) {

        if (ngx_zos_ays_path(f, &import->names[i], "%V_%T_%02ui", &import->id,
                             now, i)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_zos_check_name(&import->names[i]) != NGX_OK) {
            return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                                "id is too long for the names of its vdisks");
        }
    }

    return NGX_OK;
}


/* a new one: what is unknown in the caller's is not to become known */

static ngx_int_t
ngx_zos_import_body(ngx_zos_flow_t *f, ngx_zos_import_t *import)
{
    size_t        i;
    json_t       *body, *disk;
    ngx_uint_t    n;

    static const char  *caller[] = { "id", "url", "vdiskstorage" };
    static const char  *export[] = { "cpu", "memory", "nics", "disks",
                                     "cryptoKey" };

    body = ngx_zos_keep_json(f, json_object());
    if (body == NULL) {
        return NGX_ERROR;
    }

    for (n = 0; n < sizeof(caller) / sizeof(caller[0]); n++) {
        if (ngx_zos_import_set(body, caller[n], ngx_zos_body(f, caller[n]))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (n = 0; n < sizeof(export) / sizeof(export[0]); n++) {
        if (ngx_zos_import_set(body, export[n],
                               json_object_get(import->description,
                                               export[n]))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    json_array_foreach(json_object_get(body, "disks"), i, disk) {
        if (json_object_set_new(disk, "vdiskid",
                                json_stringn((char *) import->names[i].data,
                                             import->names[i].len))
            != 0)
        {
            return NGX_ERROR;
        }
    }

    ngx_zos_import_op(f, &import->vdisk, &ngx_zos_vm_import_vdisk_ays);
    ngx_zos_import_op(f, &import->vm, f->op->ays);
    ngx_zos_import_op(f, &import->undo, &ngx_zos_vm_import_undo_ays);

    import->undo.method = NGX_HTTP_DELETE;

    f->json = body;
    f->op = &import->vm;

    return NGX_OK;
}


/* null is absent */

static ngx_int_t
ngx_zos_import_set(json_t *object, const char *name, json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        (void) json_object_del(object, name);
        return NGX_OK;
    }

    return json_object_set(object, name, value) == 0 ? NGX_OK : NGX_ERROR;
}


static void
ngx_zos_import_op(ngx_zos_flow_t *f, ngx_zos_op_t *op,
    const ngx_zos_ays_t *ays)
{
    *op = *f->op;

    op->ays = ays;
    op->body = ngx_zos_vm_imported_fields;
}


/* ---- the names of the vdisks ---- */

static ngx_int_t
ngx_zos_import_own(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    ngx_array_t       *locks;
    ngx_zos_import_t  *import;

    import = f->ctx;
    locks = f->ays->change->others;
    i = locks ? locks->nelts : 0;

    if (i == import->n) {
        return NGX_OK;
    }

    rc = ngx_zos_change_own(f, NGX_ZOS_ROLE_VDISK, &import->names[i]);

    if (rc == NGX_OK) {
        f->delay = 0;
        return NGX_DECLINED;
    }

    return rc;
}


static ngx_int_t
ngx_zos_import_ask(ngx_zos_flow_t *f)
{
    static ngx_str_t  query = ngx_string("fields=type");

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_VDISK, &query);
}


static ngx_int_t
ngx_zos_import_free(ngx_zos_flow_t *f)
{
    json_t            *vdisks;
    ngx_uint_t         i;
    const char        *name;
    ngx_zos_import_t  *import;

    import = f->ctx;
    vdisks = ngx_zos_named_result(f);

    if (vdisks == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < import->n; i++) {
        name = json_string_value(json_object_get(
                   json_array_get(ngx_zos_body(f, "disks"), i), "vdiskid"));

        if (name == NULL) {
            return NGX_ERROR;
        }

        if (json_object_get(vdisks, name)) {
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                                "the cluster has a vdisk \"%s\" already",
                                name);
        }
    }

    return NGX_OK;
}


/* ---- the changes ---- */

static ngx_int_t
ngx_zos_import_next(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;
    ngx_zos_import_t  *import;

    import = f->ctx;
    change = f->ays->change;

    change->rescue = ngx_zos_import_done;
    change->part = (import->undoing || import->made < import->n);

    if (import->undoing) {

        if (import->made == 0) {
            return ngx_zos_import_undone(f);
        }

        import->made--;

        ngx_zos_change_next(f, &import->undo, &import->names[import->made]);

        return NGX_OK;
    }

    if (import->made < import->n) {
        return ngx_zos_import_vdisk(f, import);
    }

    ngx_zos_change_next(f, &import->vm, &import->id);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_import_vdisk(ngx_zos_flow_t *f, ngx_zos_import_t *import)
{
    json_t      *vdisk, *value;
    ngx_uint_t   i;

    static const char  *members[][2] = {
        { "size", "size" },
        { "blockSize", "blocksize" },
        { "readOnly", "readOnly" },
        { "type", "type" }
    };

    vdisk = json_array_get(json_object_get(import->description, "vdisks"),
                           import->made);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        value = json_object_get(vdisk, members[i][0]);

        if (ngx_zos_import_set(f->json, members[i][1], value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    value = json_array_get(json_object_get(import->description,
                                           "snapshotIDs"), import->made);

    if (ngx_zos_import_set(f->json, "snapshotID", value) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_change_next(f, &import->vdisk, &import->names[import->made]);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_import_done(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;
    ngx_zos_import_t  *import;

    import = f->ctx;
    change = f->ays->change;

    /* what is still being done is not undone */

    if (change->failed && (import->undoing || !change->late)) {
        return ngx_zos_import_failed(f);
    }

    if (!import->undoing) {

        if (change->failed || import->made == import->n) {
            change->rescue = NULL;
            return NGX_OK;
        }

        import->made++;
    }

    return ngx_zos_flow_goto(f, ngx_zos_import_next, 0);
}


static ngx_int_t
ngx_zos_import_failed(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;
    ngx_zos_import_t  *import;

    import = f->ctx;
    change = f->ays->change;

    ngx_zos_change_unlock(f, &change->lane);

    if (import->undoing) {
        ngx_log_error(NGX_LOG_WARN, f->request->connection->log, 0,
                      "zos: vdisk \"%V\" could not be deleted after the "
                      "import has failed", &change->name);

    } else {
        import->undoing = 1;
        import->status = change->status;
        import->body = change->body;
        import->error = change->error;
    }

    return ngx_zos_flow_goto(f, ngx_zos_import_next, 0);
}


static ngx_int_t
ngx_zos_import_undone(ngx_zos_flow_t *f)
{
    ngx_zos_change_t  *change;
    ngx_zos_import_t  *import;

    import = f->ctx;
    change = f->ays->change;

    change->failed = 1;
    change->status = import->status;
    change->body = import->body;
    change->error = import->error;
    change->rescue = NULL;

    return ngx_zos_change_skip(f, ngx_zos_step_outcome);
}
