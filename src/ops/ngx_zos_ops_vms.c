
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


#define NGX_ZOS_VM_MAX  100      /* disks, nics */


static const ngx_str_t  ngx_zos_vm_nic_types[] = {
    ngx_string("vlan"),
    ngx_string("vxlan"),
    ngx_string("default"),
    ngx_string("bridge"),
    ngx_null_string
};


static const ngx_zos_field_t  ngx_zos_vm_nic_fields[] = {

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_vm_nic_types,
      .text = ngx_string("what it is connected to") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("tag or name of the bridge; required unless the "
                         "type is default") },

    { .name = ngx_string("macaddress"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_mac, .rule = ngx_zos_rule_mac,
      .text = ngx_string("MAC address") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vm_disk_fields[] = {

    { .name = ngx_string("vdiskid"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_string("maxIOps"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .min = 0, .max = 4294967295,
      .text = ngx_string("limit, 0: none") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vm_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the virtual machine") },

    { .name = ngx_string("cpu"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 65535,
      .text = ngx_string("virtual CPUs") },

    { .name = ngx_string("memory"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 65535,
      .text = ngx_string("MiB") },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_nic_fields, .rules = ngx_zos_nic_rules,
      .text = ngx_string("network interfaces") },

    { .name = ngx_string("disks"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_disk_fields,
      .text = ngx_string("vdisks") },

    { .name = ngx_string("userCloudInit"), .type = NGX_ZOS_MAP,
      .secret = 1, .presets = NGX_ZOS_2017,
      .text = ngx_string("for cloud-init") },

    { .name = ngx_string("systemCloudInit"), .type = NGX_ZOS_MAP,
      .secret = 1, .presets = NGX_ZOS_2017,
      .text = ngx_string("for cloud-init") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vm_update_fields[] = {

    { .name = ngx_string("cpu"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 65535,
      .text = ngx_string("virtual CPUs") },

    { .name = ngx_string("memory"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 65535,
      .text = ngx_string("MiB") },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_nic_fields, .rules = ngx_zos_nic_rules,
      .present = 1,
      .text = ngx_string("all that it is to have from now on") },

    { .name = ngx_string("disks"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_disk_fields, .present = 1,
      .text = ngx_string("all that it is to have from now on") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vm_migrate_fields[] = {

    { .name = ngx_string("nodeid"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("the node to go to") },

    { .name = ngx_null_string }
};


/* as many characters as the key has bytes in the templates */

static ngx_int_t
ngx_zos_check_crypto_key(ngx_str_t *value)
{
    return ngx_utf8_length(value->data, value->len) == 32
           ? NGX_OK : NGX_DECLINED;
}


static const ngx_zos_field_t  ngx_zos_vm_export_fields[] = {

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_ftp, .secret = 1,
      .rule = ngx_string("must be like ftp://user:password@host:port/path"),
      .text = ngx_string("where to") },

    { .name = ngx_string("cryptoKey"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_crypto_key, .secret = 1,
      .rule = ngx_string("must have 32 characters"),
      .text = ngx_string("to encrypt with") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vm_import_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the virtual machine") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_ftp, .secret = 1,
      .rule = ngx_string("must be like ftp://user:password@host:port/path"),
      .text = ngx_string("of the description that an export left") },

    { .name = ngx_string("vdiskstorage"), .type = NGX_ZOS_STRING,
      .required = 1, .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("where its vdisks go") },

    { .name = ngx_null_string }
};


/* ---- the description that an export leaves ---- */

/* they become words of a command line in the templates */

static ngx_int_t
ngx_zos_check_exported_key(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || value->data[i] == 0x7f
            || ngx_strchr("\"'`$\\&|;<>(){}[]*?!#~", value->data[i]))
        {
            return NGX_DECLINED;
        }
    }

    return ngx_zos_check_crypto_key(value);
}


static const char *
ngx_zos_vm_exported_vdisk_rules(ngx_zos_flow_t *f, json_t *vdisk)
{
    json_int_t  size;

    size = json_integer_value(json_object_get(vdisk, "blockSize"));

    return (size & (size - 1)) == 0
           ? NULL : "needs a blockSize that is a power of two";
}


static const ngx_zos_field_t  ngx_zos_vm_exported_vdisk_fields[] = {

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 2048 },

    { .name = ngx_string("blockSize"), .type = NGX_ZOS_INTEGER,
      .required = 1, .bounded = 1, .min = 512, .max = 2147483648 },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_vdisk_types },

    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN },

    { .name = ngx_null_string }
};


const ngx_zos_field_t  ngx_zos_vm_description_fields[] = {

    { .name = ngx_string("cpu"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 65535 },

    { .name = ngx_string("memory"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 65535 },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_nic_fields, .rules = ngx_zos_nic_rules },

    { .name = ngx_string("disks"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_disk_fields },

    { .name = ngx_string("vdisks"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_exported_vdisk_fields,
      .rules = ngx_zos_vm_exported_vdisk_rules },

    { .name = ngx_string("snapshotIDs"), .type = NGX_ZOS_STRINGS,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name },

    { .name = ngx_string("cryptoKey"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_exported_key,
      .rule = ngx_string("must have 32 characters, and none that a shell "
                         "takes for another") },

    { .name = ngx_null_string }
};


/* a vdisk that is attached twice is written to by two */

static const char *
ngx_zos_vm_rules(ngx_zos_flow_t *f, json_t *body)
{
    size_t   i, j;
    json_t  *disks, *disk;

    disks = json_object_get(body, "disks");

    if (json_array_size(disks) > NGX_ZOS_VM_MAX
        || json_array_size(json_object_get(body, "nics")) > NGX_ZOS_VM_MAX)
    {
        return "must not have more than 100 disks or nics";
    }

    json_array_foreach(disks, i, disk) {
        for (j = 0; j < i; j++) {
            if (json_equal(json_object_get(disk, "vdiskid"),
                           json_object_get(json_array_get(disks, j),
                                           "vdiskid")))
            {
                return "must not have a vdisk twice";
            }
        }
    }

    return NULL;
}


const char *
ngx_zos_vm_description_rules(ngx_zos_flow_t *f, json_t *description)
{
    size_t  n;

    n = json_array_size(json_object_get(description, "vdisks"));

    if (n > NGX_ZOS_VM_MAX
        || json_array_size(json_object_get(description, "nics"))
           > NGX_ZOS_VM_MAX)
    {
        return "must not have more than 100 vdisks or nics";
    }

    if (json_array_size(json_object_get(description, "disks")) != n
        || json_array_size(json_object_get(description, "snapshotIDs")) != n)
    {
        return "must have as many disks and snapshotIDs as vdisks";
    }

    return NULL;
}


static const ngx_zos_arg_t  ngx_zos_vm_args[] = {

    { .name = ngx_string("node"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("nodeid") },

    { .name = ngx_string("memory"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("memory") },

    { .name = ngx_string("cpu"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("cpu") },

    { .name = ngx_string("nics"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nics"),
      .absent = ngx_string("[]") },

    { .name = ngx_string("disks"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("disks"),
      .absent = ngx_string("[]") },

    { .name = ngx_string("userCloudInit"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_vm_user_init,
      .presets = NGX_ZOS_2017 },

    { .name = ngx_string("systemCloudInit"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_vm_system_init,
      .presets = NGX_ZOS_2017 },

    { .name = ngx_string("backupUrl"), .from = NGX_ZOS_FROM_CONST,
      .key = ngx_string("\"\""),
      .presets = NGX_ZOS_2018 },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_vm_import_vdisk_args[] = {

    { .name = ngx_string("size"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("size") },

    { .name = ngx_string("blocksize"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("blocksize") },

    { .name = ngx_string("readOnly"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("readOnly"), .absent = ngx_string("false") },

    { .name = ngx_string("type"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("type") },

    { .name = ngx_string("vdiskstorage"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("vdiskstorage") },

    { .name = ngx_string("backupUrl"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_vm_export_url },

    { .name = ngx_string("cryptoKey"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("cryptoKey"), .absent = ngx_string("\"\"") },

    { .name = ngx_string("snapshotID"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("snapshotID") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_vm_update_args[] = {

    { .name = ngx_string("memory"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("memory") },

    { .name = ngx_string("cpu"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("cpu") },

    { .name = ngx_string("nics"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nics") },

    { .name = ngx_string("disks"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("disks") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_vm_migrate_args[] = {

    { .name = ngx_string("node"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nodeid") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_vm_export_args[] = {

    { .name = ngx_string("backupUrl"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_vm_export_url },

    { .name = ngx_string("cryptoKey"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("cryptoKey"),
      .absent = ngx_string("\"\"") },

    { .name = ngx_string("exportPath"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_vm_export_path },

    { .name = ngx_null_string }
};


/* the body of an import with what the description adds to it */

const ngx_zos_field_t  ngx_zos_vm_imported_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING },
    { .name = ngx_string("url"), .type = NGX_ZOS_STRING, .secret = 1 },
    { .name = ngx_string("vdiskstorage"), .type = NGX_ZOS_STRING },
    { .name = ngx_string("cryptoKey"), .type = NGX_ZOS_STRING, .secret = 1 },
    { .name = ngx_string("cpu"), .type = NGX_ZOS_INTEGER },
    { .name = ngx_string("memory"), .type = NGX_ZOS_INTEGER },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_nic_fields },

    { .name = ngx_string("disks"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_vm_disk_fields },

    /* of the vdisk that is being made */

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER },
    { .name = ngx_string("blocksize"), .type = NGX_ZOS_INTEGER },
    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN },
    { .name = ngx_string("type"), .type = NGX_ZOS_STRING },
    { .name = ngx_string("snapshotID"), .type = NGX_ZOS_STRING },

    { .name = ngx_null_string }
};


/* what no answer has, whatever AYS says about it */

static const ngx_zos_field_t  ngx_zos_vm_stored_fields[] = {

    { .name = ngx_string("userCloudInit"), .secret = 1 },
    { .name = ngx_string("systemCloudInit"), .secret = 1 },
    { .name = ngx_string("backupUrl"), .secret = 1 },
    { .name = ngx_string("cryptoKey"), .secret = 1 },

    { .name = ngx_null_string }
};


#define NGX_ZOS_VM                                                           \
    NGX_ZOS_ON_NODE,                                                         \
    .target = { NGX_ZOS_ROLE_VM, ngx_string("{vmid}") },                     \
    .stored = ngx_zos_vm_stored_fields


static const ngx_zos_ays_t  ngx_zos_vm_list_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_VM, ngx_null_string },
    .fields = ngx_string("status,id"),
};


static const ngx_zos_ays_t  ngx_zos_vm_create_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_VM, ngx_string("{body.id}") },
    .args = ngx_zos_vm_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/vms/{body.id}"),
};


static const ngx_zos_ays_t  ngx_zos_vm_ays = {
    NGX_ZOS_VM,
};


static const ngx_zos_ays_t  ngx_zos_vm_update_ays = {
    NGX_ZOS_VM,
    .args = ngx_zos_vm_update_args,
    .run = 1,
    .verify = ngx_zos_vm_verify,
    .unchanged = ngx_zos_vm_unchanged,
};


static const ngx_zos_ays_t  ngx_zos_vm_delete_ays = {
    NGX_ZOS_VM,
    .action = ngx_string("destroy"),
    .action_2017 = ngx_string("stop"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vm_start_ays = {
    NGX_ZOS_VM,
    .action = ngx_string("start"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vm_stop_ays = {
    NGX_ZOS_VM,
    .action = ngx_string("stop"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vm_pause_ays = {
    NGX_ZOS_VM,
    .action = ngx_string("pause"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vm_resume_ays = {
    NGX_ZOS_VM,
    .action = ngx_string("resume"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vm_shutdown_ays = {
    NGX_ZOS_VM,
    .action = ngx_string("shutdown"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vm_migrate_ays = {
    NGX_ZOS_VM,
    .args = ngx_zos_vm_migrate_args,
    .action_2017 = ngx_string("migrate"),
    .force = 1,
    .verify = ngx_zos_vm_verify_node,
    .location = ngx_string("/nodes/{body.nodeid}/vms/{vmid}"),
};


static const ngx_zos_ays_t  ngx_zos_vm_export_ays = {
    NGX_ZOS_VM,
    .presets = NGX_ZOS_2018,
    .args = ngx_zos_vm_export_args,
};


static const ngx_zos_ays_t  ngx_zos_vm_import_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_VM, ngx_string("{body.id}") },
    .presets = NGX_ZOS_2018,
    .args = ngx_zos_vm_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/vms/{body.id}"),
};


/* of its vdisks, whose names are made up */

const ngx_zos_ays_t  ngx_zos_vm_import_vdisk_ays = {
    .target = { NGX_ZOS_ROLE_VDISK, ngx_null_string },
    .args = ngx_zos_vm_import_vdisk_args,
    .action = ngx_string("import_vdisk"),
};


const ngx_zos_ays_t  ngx_zos_vm_import_undo_ays = {
    .target = { NGX_ZOS_ROLE_VDISK, ngx_null_string },
    .action = ngx_string("delete"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_vms[] = {

    {
      .name = ngx_string("getVMInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/info"),
      .summary = ngx_string("What a virtual machine uses, on average "
                            "over 5 minutes"),
      .view = &ngx_zos_vm_info_view,
      .steps = ngx_zos_steps_vm_info,
    },

    {
      .name = ngx_string("listVMs"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/vms"),
      .summary = ngx_string("List the virtual machines of a node"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_vm_list_view,
      .ays = &ngx_zos_vm_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms"),
      .summary = ngx_string("Create and start a virtual machine"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vm_fields,
      .rules = ngx_zos_vm_rules,
      .ays = &ngx_zos_vm_create_ays,
      .steps = ngx_zos_steps_create_vm,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getVM"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}"),
      .summary = ngx_string("One virtual machine"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_vm_view,
      .ays = &ngx_zos_vm_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("updateVM"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}"),
      .summary = ngx_string("Change cpu, memory, nics and disks "
                            "of a virtual machine"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vm_update_fields,
      .rules = ngx_zos_vm_rules,
      .ays = &ngx_zos_vm_update_ays,
      .steps = ngx_zos_steps_update_vm,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("deleteVM"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}"),
      .summary = ngx_string("Stop and remove a virtual machine "
                            "(its vdisks stay)"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vm_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("startVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/start"),
      .summary = ngx_string("Start a virtual machine"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vm_start_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("stopVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/stop"),
      .summary = ngx_string("Power a virtual machine off"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vm_stop_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("pauseVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/pause"),
      .summary = ngx_string("Suspend a virtual machine"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vm_pause_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("resumeVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/resume"),
      .summary = ngx_string("Continue a suspended virtual machine"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vm_resume_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("shutdownVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/shutdown"),
      .summary = ngx_string("Ask the guest to shut down; AYS "
                            "waits up to 60 s for it"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vm_shutdown_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("migrateVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/migrate"),
      .summary = ngx_string("Move a virtual machine to another "
                            "node"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vm_migrate_fields,
      .ays = &ngx_zos_vm_migrate_ays,
      .steps = ngx_zos_steps_migrate_vm,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("exportVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/{vmid}/export"),
      .summary = ngx_string("Export a halted virtual machine "
                            "(disks and description) to an ftp "
                            "server"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vm_export_fields,
      .view = &ngx_zos_vm_export_view,
      .ays = &ngx_zos_vm_export_ays,
      .steps = ngx_zos_steps_export_vm,
    },

    {
      .name = ngx_string("importVM"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/vms/import"),
      .summary = ngx_string("Create a virtual machine from an "
                            "export on an ftp server"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vm_import_fields,
      .ays = &ngx_zos_vm_import_ays,
      .steps = ngx_zos_steps_import_vm,
      .status = NGX_HTTP_CREATED,
    },

    { .name = ngx_null_string }
};
