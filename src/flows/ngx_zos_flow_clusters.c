
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Storage clusters.  The newer templates have two kinds of them, of one role:
 * block and object.  A cluster knows its servers by name only, and there may
 * be hundreds, so they are taken out of one list of all servers.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static const char *ngx_zos_cluster_object_rules(json_t *object);
static ngx_int_t ngx_zos_cluster_wanted(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_cluster_nodes(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_cluster_nodes_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_cluster_kind(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_cluster_servers(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_cluster_show(ngx_zos_flow_t *f);
static json_t *ngx_zos_cluster_compose(ngx_zos_flow_t *f, json_t *servers);
static void ngx_zos_cluster_add_servers(ngx_zos_flow_t *f, json_t *cluster,
    json_t *data, json_t *servers);
static json_t *ngx_zos_cluster_server(const char *name, json_t *server,
    json_t *data);
static void ngx_zos_cluster_bind(json_t *view, const char *bind);
static void ngx_zos_cluster_insert(json_t *list, json_t *server);
static const char *ngx_zos_cluster_part(const char *name, ngx_uint_t *meta);


const ngx_zos_step_pt  ngx_zos_steps_create_cluster[] = {
    ngx_zos_cluster_wanted,
    ngx_zos_step_own,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_cluster_nodes,
    ngx_zos_cluster_nodes_found,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_get_cluster[] = {
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_cluster_kind,
    ngx_zos_cluster_servers,
    ngx_zos_cluster_show,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_cluster[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_cluster_kind,
    ngx_zos_step_unused,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


/* ---- a new one ---- */

const char *
ngx_zos_cluster_rules(ngx_zos_flow_t *f, json_t *object)
{
    size_t       i, j, n;
    json_t      *nodes;
    const char  *type;

    nodes = json_object_get(object, "nodes");
    n = json_array_size(nodes);

    for (i = 1; i < n; i++) {
        for (j = 0; j < i; j++) {
            if (json_equal(json_array_get(nodes, i),
                           json_array_get(nodes, j)))
            {
                return "must not name a node twice in nodes";
            }
        }
    }

    if (json_integer_value(json_object_get(object, "servers"))
        % (json_int_t) n)
    {
        return "needs servers that are a multiple of the number of nodes";
    }

    type = json_string_value(json_object_get(object, "clusterType"));

    return (f->conf->ays_templates == NGX_ZOS_2018
            && ngx_strcmp(type, "object") == 0)
           ? ngx_zos_cluster_object_rules(object) : NULL;
}


static const char *
ngx_zos_cluster_object_rules(json_t *object)
{
    size_t       i;
    json_t      *value;
    json_int_t   servers, data, parity, shared, nodes;

    static const char  *texts[][2] = {
        { "metaDriveType", "needs a metaDriveType for an object cluster" },
        { "zerostorOrganization",
          "needs a zerostorOrganization for an object cluster" },
        { "zerostorNamespace",
          "needs a zerostorNamespace for an object cluster" },
        { "zerostorClientID",
          "needs a zerostorClientID for an object cluster" },
        { "zerostorSecret", "needs a zerostorSecret for an object cluster" }
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        value = json_object_get(object, texts[i][0]);

        if (json_string_length(value) == 0) {
            return texts[i][1];
        }
    }

    nodes = (json_int_t) json_array_size(json_object_get(object, "nodes"));
    servers = json_integer_value(json_object_get(object, "servers"));
    data = json_integer_value(json_object_get(object, "dataShards"));
    parity = json_integer_value(json_object_get(object, "parityShards"));
    shared = json_integer_value(json_object_get(object,
                                                "serversPerMetaDrive"));

    if (data < 1 || parity < 1) {
        return "needs dataShards and parityShards for an object cluster";
    }

    if (data + parity > servers) {
        return "must not have more dataShards and parityShards than servers";
    }

    if (shared < 1 || shared > servers / nodes) {
        return "needs serversPerMetaDrive for an object cluster, not more "
               "than the servers of a node";
    }

    return NULL;
}


static ngx_int_t
ngx_zos_cluster_wanted(ngx_zos_flow_t *f)
{
    json_t  *type;

    f->role = NGX_ZOS_ROLE_CLUSTER;

    if (f->conf->ays_templates == NGX_ZOS_2018) {
        type = ngx_zos_body(f, "clusterType");

        if (ngx_strcmp(json_string_value(type), "object") == 0) {
            f->role = NGX_ZOS_ROLE_OBJECT_CLUSTER;
        }
    }

    return NGX_OK;
}


/* AYS formats disks of the nodes that it knows before it fails at another */

static ngx_int_t
ngx_zos_cluster_nodes(ngx_zos_flow_t *f)
{
    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_NODE, NULL);
}


static ngx_int_t
ngx_zos_cluster_nodes_found(ngx_zos_flow_t *f)
{
    size_t   i;
    json_t  *nodes, *name;

    nodes = ngx_zos_named_result(f);

    if (nodes == NULL) {
        return NGX_ERROR;
    }

    json_array_foreach(ngx_zos_body(f, "nodes"), i, name) {

        if (json_object_get(nodes, json_string_value(name)) == NULL) {
            return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                                "nodes[%uz], \"%s\", is not known", i,
                                json_string_value(name));
        }
    }

    return NGX_OK;
}


/* ---- one that is there ---- */

static ngx_int_t
ngx_zos_cluster_kind(ngx_zos_flow_t *f)
{
    ngx_str_t         actor;
    const ngx_str_t  *object;

    static const ngx_str_t  path = ngx_string("actor");
    static const ngx_str_t  only = ngx_string("data.serversPerMetaDrive");

    f->role = NGX_ZOS_ROLE_CLUSTER;

    if (f->conf->ays_templates != NGX_ZOS_2018) {
        return NGX_OK;
    }

    object = &ngx_zos_role(f, NGX_ZOS_ROLE_OBJECT_CLUSTER)->actor;

    /* older servers don't tell the actor */

    if (ngx_zos_json_get(&f->service, &path, &actor) != NGX_OK) {

        if (ngx_zos_json_get(&f->service, &only, &actor) == NGX_OK) {
            f->role = NGX_ZOS_ROLE_OBJECT_CLUSTER;
        }

    } else if (actor.len == object->len + 2
               && ngx_memcmp(actor.data + 1, object->data, object->len) == 0)
    {
        f->role = NGX_ZOS_ROLE_OBJECT_CLUSTER;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_cluster_servers(ngx_zos_flow_t *f)
{
    static ngx_str_t  query_2017 = ngx_string("fields=bind,container");
    static ngx_str_t  query_2018 = ngx_string("fields=bind,container,status");

    return ngx_zos_ays_list(f, f->role == NGX_ZOS_ROLE_OBJECT_CLUSTER
                               ? NGX_ZOS_ROLE_ZEROSTOR
                               : NGX_ZOS_ROLE_STORAGE_SERVER,
                            f->conf->ays_templates == NGX_ZOS_2018
                            ? &query_2018 : &query_2017);
}


static ngx_int_t
ngx_zos_cluster_show(ngx_zos_flow_t *f)
{
    json_t  *servers;

    servers = ngx_zos_named_result(f);

    if (servers == NULL) {
        return NGX_ERROR;
    }

    return ngx_zos_show_json(f, ngx_zos_cluster_compose(f, servers));
}


static json_t *
ngx_zos_cluster_compose(ngx_zos_flow_t *f, json_t *servers)
{
    json_t      *data, *cluster, *value;
    ngx_uint_t   object;

    data = ngx_zos_service_data(f);
    cluster = ngx_zos_keep_json(f, json_object());

    if (data == NULL || cluster == NULL) {
        return NULL;
    }

    object = (f->role == NGX_ZOS_ROLE_OBJECT_CLUSTER);

    json_object_set(cluster, "label", json_object_get(data, "label"));
    json_object_set(cluster, "status", json_object_get(data, "status"));
    json_object_set(cluster, "nodes", json_object_get(data, "nodes"));

    value = json_object_get(data, object ? "dataDiskType" : "diskType");
    json_object_set(cluster, "driveType", value);

    if (object) {
        value = json_object_get(data, "metaDiskType");
        json_object_set(cluster, "metaDriveType", value);
    }

    if (f->conf->ays_templates == NGX_ZOS_2018) {
        json_object_set_new(cluster, "clusterType",
                            json_string(object ? "object" : "block"));
    }

    ngx_zos_cluster_add_servers(f, cluster, data, servers);

    return cluster;
}


static void
ngx_zos_cluster_add_servers(ngx_zos_flow_t *f, json_t *cluster, json_t *data,
    json_t *servers)
{
    size_t       i;
    json_t      *lists[2], *item, *server;
    ngx_uint_t   recent, meta;
    const char  *name;

    recent = (f->conf->ays_templates == NGX_ZOS_2018);

    lists[0] = json_array();
    lists[1] = recent ? lists[0] : json_array();

    json_array_foreach(json_object_get(data, recent ? "storageServers"
                                                    : "ardbs"),
                       i, item)
    {
        name = json_string_value(item);

        if (name == NULL) {
            continue;
        }

        (void) ngx_zos_cluster_part(name, &meta);
        server = ngx_zos_cluster_server(name, json_object_get(servers, name),
                                        data);

        ngx_zos_cluster_insert(lists[meta], server);
    }

    if (recent) {
        json_object_set_new(cluster, "storageServers", lists[0]);
        return;
    }

    json_object_set_new(cluster, "dataStorage", lists[0]);
    json_object_set_new(cluster, "metadataStorage", lists[1]);
}


/* a server that AYS lost is an error, and the others are still of interest */

static json_t *
ngx_zos_cluster_server(const char *name, json_t *server, json_t *data)
{
    json_t      *view, *value;
    ngx_uint_t   meta;
    const char  *number, *bind, *status, *cluster;

    view = json_object();
    number = ngx_zos_cluster_part(name, &meta);

    json_object_set_new(view, "id",
                        json_integer(strtoll(number, NULL, 10)));

    value = json_object_get(server, "container");
    json_object_set(view, "container", value);

    bind = json_string_value(json_object_get(server, "bind"));

    if (bind) {
        ngx_zos_cluster_bind(view, bind);
    }

    status = json_string_value(json_object_get(server, "status"));
    cluster = json_string_value(json_object_get(data, "status"));

    if (status == NULL) {
        status = cluster ? cluster : "";
    }

    json_object_set_new(view, "status",
                        json_string(server == NULL
                                    || ngx_strcmp(status, "broken") == 0
                                    || ngx_strcmp(status, "error") == 0
                                    ? "error" : "ready"));

    return view;
}


/* "10.0.0.1:2000" or "[fd00::1]:2000" */

static void
ngx_zos_cluster_bind(json_t *view, const char *bind)
{
    size_t       len;
    json_int_t   port;
    const char  *colon;

    colon = strrchr(bind, ':');
    len = colon ? (size_t) (colon - bind) : ngx_strlen(bind);
    port = colon ? ngx_atoi((u_char *) colon + 1, ngx_strlen(colon + 1)) : 0;

    if (len > 1 && *bind == '[' && bind[len - 1] == ']') {
        bind++;
        len -= 2;
    }

    json_object_set_new(view, "ip", json_stringn(bind, len));
    json_object_set_new(view, "port",
                        json_integer(port > 0 && port < 65536 ? port : 0));
}


/* by number; they are so already, as a rule */

static void
ngx_zos_cluster_insert(json_t *list, json_t *server)
{
    size_t       i;
    json_int_t   id;

    id = json_integer_value(json_object_get(server, "id"));

    for (i = json_array_size(list); i; i--) {
        if (json_integer_value(json_object_get(json_array_get(list, i - 1),
                                               "id"))
            <= id)
        {
            break;
        }
    }

    json_array_insert_new(list, i, server);
}


/* "cluster_data_12", "cluster_metadata_1": the number, and which it is */

static const char *
ngx_zos_cluster_part(const char *name, ngx_uint_t *meta)
{
    size_t       len;
    const char  *p;

    static const char  word[] = "_metadata";

    p = strrchr(name, '_');
    len = p ? (size_t) (p - name) : 0;

    *meta = (len >= sizeof(word) - 1
             && ngx_memcmp(p - (sizeof(word) - 1), word, sizeof(word) - 1)
                == 0);

    return p ? p + 1 : "";
}
