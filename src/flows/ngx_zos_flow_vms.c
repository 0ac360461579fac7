
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What a virtual machine uses.  The generations of core0 tell it in three
 * ways: kvm.infops with "vcpu", "net" and "block"; the same with all of it
 * under "vcpu"; and metrics of the aggregator, labelled first by the UUID of
 * the machine and later by its name.  What kind an entry is shows in the
 * names of its members, so the first two are read alike.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>

#include <math.h>


#define NGX_ZOS_VM_MIB        (1024.0 * 1024.0)
#define NGX_ZOS_VM_MAX_UNITS  256


typedef enum {
    NGX_ZOS_VM_CPU = 0,
    NGX_ZOS_VM_DISK,
    NGX_ZOS_VM_NIC
} ngx_zos_vm_kind_e;


/*
 * value[]: time of a CPU; reads, bytes read, writes, bytes written of a disk;
 * packets and bytes received, and sent, of an interface.
 */

typedef struct {
    ngx_str_t       name;
    ngx_uint_t      kind;
    double          value[4];
} ngx_zos_vm_unit_t;


typedef struct {
    ngx_str_t       uuid;
    ngx_array_t     units;
} ngx_zos_vm_t;


typedef struct {
    ngx_str_t       name;
    ngx_uint_t      kind;
    ngx_uint_t      n;           /* in value[] */
} ngx_zos_vm_metric_t;


static ngx_int_t ngx_zos_vm_list(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_infops(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_infops_read(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_metrics_read(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_answer(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_groups(ngx_zos_flow_t *f, ngx_str_t *infops);
static ngx_int_t ngx_zos_vm_entry(ngx_zos_flow_t *f, ngx_str_t *name,
    ngx_str_t *entry);
static ngx_int_t ngx_zos_vm_metrics(ngx_zos_flow_t *f, ngx_str_t *metrics,
    ngx_str_t *label);
static ngx_int_t ngx_zos_vm_metric(ngx_zos_flow_t *f, ngx_str_t *key,
    ngx_str_t *state, ngx_str_t *label);
static ngx_zos_vm_unit_t *ngx_zos_vm_unit(ngx_zos_flow_t *f,
    ngx_str_t *name, ngx_uint_t kind);
static double ngx_zos_vm_average(ngx_str_t *state);
static double ngx_zos_vm_number(ngx_str_t *object, const ngx_str_t *path);
static int ngx_libc_cdecl ngx_zos_vm_compare(const void *one,
    const void *two);
static void ngx_zos_vm_put(ngx_zos_flow_t *f, ngx_zos_out_t *out,
    ngx_uint_t kind);
static void ngx_zos_vm_put_unit(ngx_zos_out_t *out, ngx_zos_vm_unit_t *unit);
static void ngx_zos_vm_put_number(ngx_zos_out_t *out, double number);
static void ngx_zos_vm_put_rounded(ngx_zos_out_t *out, double number);


const ngx_zos_step_pt  ngx_zos_steps_vm_info[] = {
    ngx_zos_step_node,
    ngx_zos_vm_list,
    ngx_zos_vm_found,
    ngx_zos_vm_infops,
    ngx_zos_vm_infops_read,
    ngx_zos_vm_metrics_read,
    ngx_zos_vm_answer,
    NULL
};


static const ngx_str_t  ngx_zos_vm_param = ngx_string("vmid");


/* members of kvm.infops; its I/O "times" are no operations, and left out */

static const ngx_zos_vm_metric_t  ngx_zos_vm_members[] = {
    { ngx_string("time"), NGX_ZOS_VM_CPU, 0 },
    { ngx_string("rdbytes"), NGX_ZOS_VM_DISK, 1 },
    { ngx_string("wrbytes"), NGX_ZOS_VM_DISK, 3 },
    { ngx_string("rxpkts"), NGX_ZOS_VM_NIC, 0 },
    { ngx_string("rxbytes"), NGX_ZOS_VM_NIC, 1 },
    { ngx_string("txpkts"), NGX_ZOS_VM_NIC, 2 },
    { ngx_string("txbytes"), NGX_ZOS_VM_NIC, 3 },
    { ngx_null_string, 0, 0 }
};


/* metrics of the aggregator, up to the label */

static const ngx_zos_vm_metric_t  ngx_zos_vm_metric_names[] = {
    { ngx_string("kvm.vcpu.time/"), NGX_ZOS_VM_CPU, 0 },
    { ngx_string("kvm.disk.iops.read/"), NGX_ZOS_VM_DISK, 0 },
    { ngx_string("kvm.disk.rdbytes/"), NGX_ZOS_VM_DISK, 1 },
    { ngx_string("kvm.disk.iops.write/"), NGX_ZOS_VM_DISK, 2 },
    { ngx_string("kvm.disk.wrbytes/"), NGX_ZOS_VM_DISK, 3 },
    { ngx_string("kvm.net.rxpackets/"), NGX_ZOS_VM_NIC, 0 },
    { ngx_string("kvm.net.rxbytes/"), NGX_ZOS_VM_NIC, 1 },
    { ngx_string("kvm.net.txpackets/"), NGX_ZOS_VM_NIC, 2 },
    { ngx_string("kvm.net.txbytes/"), NGX_ZOS_VM_NIC, 3 },
    { ngx_null_string, 0, 0 }
};


static ngx_int_t
ngx_zos_vm_list(ngx_zos_flow_t *f)
{
    ngx_zos_vm_t  *vm;

    static const ngx_str_t  command = ngx_string("kvm.list");
    static const ngx_str_t  args = ngx_string("{}");

    vm = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_vm_t));

    if (vm == NULL
        || ngx_array_init(&vm->units, f->request->pool, 8,
                          sizeof(ngx_zos_vm_unit_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    f->ctx = vm;

    return ngx_zos_flow_call(f, &command, &args);
}


static ngx_int_t
ngx_zos_vm_found(ngx_zos_flow_t *f)
{
    ngx_str_t             key, entry, value, *name;
    ngx_zos_vm_t         *vm;
    ngx_zos_json_iter_t   it;

    static const ngx_str_t  name_path = ngx_string("name");
    static const ngx_str_t  uuid_path = ngx_string("uuid");

    if (ngx_zos_flow_list(f) != NGX_OK) {
        return NGX_ERROR;
    }

    vm = f->ctx;
    name = ngx_zos_flow_arg(f, &ngx_zos_vm_param);

    ngx_zos_json_iter(&it, &f->call->result.data);

    while (ngx_zos_json_next(&it, &key, &entry) == NGX_OK) {

        (void) ngx_zos_json_get(&entry, &name_path, &value);

        if (value.len != name->len + 2
            || ngx_memcmp(value.data + 1, name->data, name->len) != 0
            || ngx_zos_json_get(&entry, &uuid_path, &value) != NGX_OK
            || ngx_zos_json_type(&value) != NGX_ZOS_JSON_STRING)
        {
            continue;
        }

        vm->uuid.len = value.len;
        vm->uuid.data = ngx_pstrdup(f->request->pool, &value);

        return vm->uuid.data ? NGX_OK : NGX_ERROR;
    }

    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                        "there is no virtual machine \"%V\" on node \"%V\"",
                        name, &f->peer.node);
}


static ngx_int_t
ngx_zos_vm_infops(ngx_zos_flow_t *f)
{
    ngx_str_t       args;
    ngx_zos_vm_t   *vm;
    ngx_zos_out_t   out;

    static const ngx_str_t  command = ngx_string("kvm.infops");

    vm = f->ctx;

    if (ngx_zos_out_init(&out, f->request->pool, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"uuid\":");
    ngx_zos_out_str(&out, &vm->uuid);
    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &command, &args);
}


static ngx_int_t
ngx_zos_vm_infops_read(ngx_zos_flow_t *f)
{
    ngx_str_t      uuid;
    ngx_zos_vm_t  *vm;

    static const ngx_str_t  command = ngx_string("aggregator.query");
    static const ngx_str_t  args = ngx_string("{}");

    if (ngx_zos_flow_expect(f, NGX_ZOS_JSON_OBJECT) != NGX_OK) {
        return NGX_ERROR;
    }

    vm = f->ctx;

    uuid.data = vm->uuid.data + 1;
    uuid.len = vm->uuid.len - 2;

    if (ngx_zos_vm_groups(f, &f->call->result.data) != NGX_OK
        || ngx_zos_vm_metrics(f, &f->call->result.data, &uuid) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (vm->units.nelts) {
        return ngx_zos_vm_answer(f) == NGX_OK ? NGX_DONE : NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &command, &args);
}


static ngx_int_t
ngx_zos_vm_metrics_read(ngx_zos_flow_t *f)
{
    /* a node without the aggregator has nothing more to say */

    if (f->call->error == NGX_ZOS_UNKNOWN_COMMAND) {
        return NGX_OK;
    }

    if (ngx_zos_flow_expect(f, NGX_ZOS_JSON_OBJECT) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_vm_metrics(f, &f->call->result.data,
                              ngx_zos_flow_arg(f, &ngx_zos_vm_param));
}


static ngx_int_t
ngx_zos_vm_answer(ngx_zos_flow_t *f)
{
    ngx_str_t       source;
    ngx_zos_vm_t   *vm;
    ngx_zos_out_t   out;

    vm = f->ctx;

    qsort(vm->units.elts, vm->units.nelts, sizeof(ngx_zos_vm_unit_t),
          ngx_zos_vm_compare);

    if (ngx_zos_out_init(&out, f->request->pool, 1024) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"cpu\":[");
    ngx_zos_vm_put(f, &out, NGX_ZOS_VM_CPU);
    ngx_zos_out_literal(&out, "],\"disks\":[");
    ngx_zos_vm_put(f, &out, NGX_ZOS_VM_DISK);
    ngx_zos_out_literal(&out, "],\"nics\":[");
    ngx_zos_vm_put(f, &out, NGX_ZOS_VM_NIC);
    ngx_zos_out_literal(&out, "]}");

    if (ngx_zos_out_done(&out, &source) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_view(f, f->op->view, &source, &f->body) == NGX_OK
           ? NGX_OK : NGX_ERROR;
}


/* {"vcpu":{"0":{"time":...}},"net":{...},"block":{...}} */

static ngx_int_t
ngx_zos_vm_groups(ngx_zos_flow_t *f, ngx_str_t *infops)
{
    ngx_str_t            key, group, name, entry;
    ngx_zos_json_iter_t  groups, entries;

    ngx_zos_json_iter(&groups, infops);

    while (ngx_zos_json_next(&groups, &key, &group) == NGX_OK) {

        if (ngx_zos_json_type(&group) != NGX_ZOS_JSON_OBJECT) {
            continue;
        }

        ngx_zos_json_iter(&entries, &group);

        while (ngx_zos_json_next(&entries, &name, &entry) == NGX_OK) {

            if (ngx_zos_json_type(&entry) == NGX_ZOS_JSON_OBJECT
                && ngx_zos_vm_entry(f, &name, &entry) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_vm_entry(ngx_zos_flow_t *f, ngx_str_t *name, ngx_str_t *entry)
{
    ngx_str_t                   value;
    ngx_zos_vm_unit_t          *unit;
    const ngx_zos_vm_metric_t  *member;

    for (member = ngx_zos_vm_members; member->name.len; member++) {

        if (ngx_zos_json_get(entry, &member->name, &value) != NGX_OK) {
            continue;
        }

        unit = ngx_zos_vm_unit(f, name, member->kind);
        if (unit == NULL) {
            return NGX_ERROR;
        }

        unit->value[member->n] = ngx_zos_vm_number(entry, &member->name);
    }

    return NGX_OK;
}


/* {"kvm.disk.rdbytes/vm1.vda":{"current":...,"history":...}} */

static ngx_int_t
ngx_zos_vm_metrics(ngx_zos_flow_t *f, ngx_str_t *metrics, ngx_str_t *label)
{
    ngx_str_t            key, state;
    ngx_zos_json_iter_t  it;

    ngx_zos_json_iter(&it, metrics);

    while (ngx_zos_json_next(&it, &key, &state) == NGX_OK) {

        if (ngx_zos_json_type(&state) == NGX_ZOS_JSON_OBJECT
            && ngx_zos_vm_metric(f, &key, &state, label) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_vm_metric(ngx_zos_flow_t *f, ngx_str_t *key, ngx_str_t *state,
    ngx_str_t *label)
{
    u_char                     *p, *last;
    ngx_str_t                   name;
    ngx_zos_vm_unit_t          *unit;
    const ngx_zos_vm_metric_t  *metric;

    for (metric = ngx_zos_vm_metric_names; metric->name.len; metric++) {
        if (key->len > metric->name.len
            && ngx_strncmp(key->data, metric->name.data, metric->name.len)
               == 0)
        {
            break;
        }
    }

    p = key->data + metric->name.len;
    last = key->data + key->len;

    if (metric->name.len == 0 || (size_t) (last - p) < label->len
        || ngx_memcmp(p, label->data, label->len) != 0)
    {
        return NGX_OK;
    }

    /* "vm1.vda": a name may have dots, its devices have none */

    p += label->len;

    name.data = p;
    name.len = last - p;

    if (metric->kind != NGX_ZOS_VM_CPU) {

        if (name.len < 2 || *p != '.' || ngx_strlchr(p + 1, last, '.')) {
            return NGX_OK;
        }

    } else if (name.len) {
        return NGX_OK;
    }

    unit = ngx_zos_vm_unit(f, &name, metric->kind);
    if (unit == NULL) {
        return NGX_ERROR;
    }

    unit->value[metric->n] = ngx_zos_vm_average(state);

    return NGX_OK;
}


static ngx_zos_vm_unit_t *
ngx_zos_vm_unit(ngx_zos_flow_t *f, ngx_str_t *name, ngx_uint_t kind)
{
    ngx_uint_t          i;
    ngx_zos_vm_t       *vm;
    ngx_zos_vm_unit_t  *unit;

    vm = f->ctx;
    unit = vm->units.elts;

    for (i = 0; i < vm->units.nelts; i++) {
        if (unit[i].kind == kind && unit[i].name.len == name->len
            && ngx_memcmp(unit[i].name.data, name->data, name->len) == 0)
        {
            return &unit[i];
        }
    }

    if (vm->units.nelts == NGX_ZOS_VM_MAX_UNITS) {
        (void) ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "protocol",
                            "the machine has more than %d devices",
                            NGX_ZOS_VM_MAX_UNITS);
        return NULL;
    }

    unit = ngx_array_push(&vm->units);
    if (unit == NULL) {
        return NULL;
    }

    ngx_memzero(unit, sizeof(ngx_zos_vm_unit_t));

    /* the text that the name is in goes with the call */

    unit->kind = kind;
    unit->name.len = name->len;
    unit->name.data = ngx_pstrdup(f->request->pool, name);

    return unit->name.data ? unit : NULL;
}


/* of the last whole window of 5 minutes; of the first one while it is open */

static double
ngx_zos_vm_average(ngx_str_t *state)
{
    ngx_str_t            key, history, window, last;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  history_path = ngx_string("history.300");
    static const ngx_str_t  current_path = ngx_string("current.300");
    static const ngx_str_t  average = ngx_string("avg");

    ngx_str_null(&last);

    if (ngx_zos_json_get(state, &history_path, &history) == NGX_OK
        && ngx_zos_json_type(&history) == NGX_ZOS_JSON_ARRAY)
    {
        ngx_zos_json_iter(&it, &history);

        while (ngx_zos_json_next(&it, &key, &window) == NGX_OK) {
            last = window;
        }
    }

    if (last.len == 0) {
        (void) ngx_zos_json_get(state, &current_path, &last);
    }

    return ngx_zos_vm_number(&last, &average);
}


static double
ngx_zos_vm_number(ngx_str_t *object, const ngx_str_t *path)
{
    char       buffer[64];
    double     number;
    ngx_str_t  value;

    if (ngx_zos_json_get(object, path, &value) != NGX_OK
        || ngx_zos_json_type(&value) != NGX_ZOS_JSON_NUMBER
        || value.len >= sizeof(buffer))
    {
        return 0;
    }

    (void) ngx_cpystrn((u_char *) buffer, value.data, value.len + 1);

    number = strtod(buffer, NULL);

    /* "1e999" is JSON, what it comes to is not */

    return isfinite(number) ? number : 0;
}


static int ngx_libc_cdecl
ngx_zos_vm_compare(const void *one, const void *two)
{
    ngx_int_t                 rc;
    const ngx_zos_vm_unit_t  *a, *b;

    a = one;
    b = two;

    /* CPUs have numbers: "10" comes after "9" */

    if (a->name.len != b->name.len && a->kind == NGX_ZOS_VM_CPU) {
        return a->name.len < b->name.len ? -1 : 1;
    }

    rc = ngx_memcmp(a->name.data, b->name.data,
                    ngx_min(a->name.len, b->name.len));

    if (rc == 0) {
        rc = a->name.len < b->name.len ? -1 : a->name.len > b->name.len;
    }

    return (int) rc;
}


static void
ngx_zos_vm_put(ngx_zos_flow_t *f, ngx_zos_out_t *out, ngx_uint_t kind)
{
    ngx_uint_t          i, n;
    ngx_zos_vm_t       *vm;
    ngx_zos_vm_unit_t  *unit;

    vm = f->ctx;
    unit = vm->units.elts;

    for (i = 0, n = 0; i < vm->units.nelts; i++) {

        if (unit[i].kind != kind) {
            continue;
        }

        if (n++) {
            ngx_zos_out_literal(out, ",");
        }

        ngx_zos_vm_put_unit(out, &unit[i]);
    }
}


static void
ngx_zos_vm_put_unit(ngx_zos_out_t *out, ngx_zos_vm_unit_t *unit)
{
    switch (unit->kind) {

    case NGX_ZOS_VM_CPU:
        ngx_zos_vm_put_number(out, unit->value[0]);
        return;

    case NGX_ZOS_VM_DISK:
        ngx_zos_out_literal(out, "{\"readIops\":");
        ngx_zos_vm_put_rounded(out, unit->value[0]);
        ngx_zos_out_literal(out, ",\"readThroughput\":");
        ngx_zos_vm_put_number(out, unit->value[1] / NGX_ZOS_VM_MIB);
        ngx_zos_out_literal(out, ",\"writeIops\":");
        ngx_zos_vm_put_rounded(out, unit->value[2]);
        ngx_zos_out_literal(out, ",\"writeThroughput\":");
        break;

    default: /* NGX_ZOS_VM_NIC */
        ngx_zos_out_literal(out, "{\"receivedPackets\":");
        ngx_zos_vm_put_rounded(out, unit->value[0]);
        ngx_zos_out_literal(out, ",\"receivedThroughput\":");
        ngx_zos_vm_put_number(out, unit->value[1] / NGX_ZOS_VM_MIB);
        ngx_zos_out_literal(out, ",\"transmittedPackets\":");
        ngx_zos_vm_put_rounded(out, unit->value[2]);
        ngx_zos_out_literal(out, ",\"transmittedThroughput\":");
    }

    ngx_zos_vm_put_number(out, unit->value[3] / NGX_ZOS_VM_MIB);
    ngx_zos_out_literal(out, "}");
}


/* the shortest digits that are this number */

static void
ngx_zos_vm_put_number(ngx_zos_out_t *out, double number)
{
    int   len, precision;
    char  buffer[64];

    len = 0;

    for (precision = 15; precision <= 17; precision++) {
        len = snprintf(buffer, sizeof(buffer), "%.*g", precision, number);

        if (strtod(buffer, NULL) == number) {
            break;
        }
    }

    ngx_zos_out(out, (u_char *) buffer, (size_t) len);
}


static void
ngx_zos_vm_put_rounded(ngx_zos_out_t *out, double number)
{
    if (number < 0 || number > 9e18) {
        number = 0;
    }

    ngx_zos_out_integer(out, (int64_t) (number + 0.5));
}
