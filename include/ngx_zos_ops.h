
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The tables of operations, one for each resource; each ends with a row
 * without a name.
 */


#ifndef _NGX_ZOS_OPS_H_INCLUDED_
#define _NGX_ZOS_OPS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>


extern const ngx_zos_op_t  ngx_zos_ops_nodes[];
extern const ngx_zos_op_t  ngx_zos_ops_info[];
extern const ngx_zos_op_t  ngx_zos_ops_jobs[];
extern const ngx_zos_op_t  ngx_zos_ops_processes[];
extern const ngx_zos_op_t  ngx_zos_ops_files[];
extern const ngx_zos_op_t  ngx_zos_ops_bridges[];
extern const ngx_zos_op_t  ngx_zos_ops_storagepools[];
extern const ngx_zos_op_t  ngx_zos_ops_zerotiers[];
extern const ngx_zos_op_t  ngx_zos_ops_gateways[];
extern const ngx_zos_op_t  ngx_zos_ops_containers[];
extern const ngx_zos_op_t  ngx_zos_ops_vms[];
extern const ngx_zos_op_t  ngx_zos_ops_clusters[];
extern const ngx_zos_op_t  ngx_zos_ops_vdisks[];
extern const ngx_zos_op_t  ngx_zos_ops_vdiskstorages[];
extern const ngx_zos_op_t  ngx_zos_ops_images[];
extern const ngx_zos_op_t  ngx_zos_ops_backup[];
extern const ngx_zos_op_t  ngx_zos_ops_graphs[];
extern const ngx_zos_op_t  ngx_zos_ops_health[];
extern const ngx_zos_op_t  ngx_zos_ops_webhooks[];
extern const ngx_zos_op_t  ngx_zos_ops_runs[];


/* src/flows/: the steps of operations that are more than one call */

extern const ngx_zos_step_pt  ngx_zos_steps_list_nodes[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_node[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_run[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_node[];
extern const ngx_zos_step_pt  ngx_zos_steps_reboot_node[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_bridge[];
extern const ngx_zos_step_pt  ngx_zos_steps_exit_zerotier[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_pool[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_pool[];
extern const ngx_zos_step_pt  ngx_zos_steps_add_devices[];
extern const ngx_zos_step_pt  ngx_zos_steps_remove_device[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_vm[];
extern const ngx_zos_step_pt  ngx_zos_steps_update_vm[];
extern const ngx_zos_step_pt  ngx_zos_steps_migrate_vm[];
extern const ngx_zos_step_pt  ngx_zos_steps_export_vm[];
extern const ngx_zos_step_pt  ngx_zos_steps_import_vm[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_container[];
extern const ngx_zos_step_pt  ngx_zos_steps_update_container[];
extern const ngx_zos_step_pt  ngx_zos_steps_start_container[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_container[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_cluster[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_cluster[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_cluster[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_vdisk[];
extern const ngx_zos_step_pt  ngx_zos_steps_resize_vdisk[];
extern const ngx_zos_step_pt  ngx_zos_steps_no_rollback[];
extern const ngx_zos_step_pt  ngx_zos_steps_rollback_vdisk[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_storage_vdisk[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_vdiskstorage[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_vdiskstorage[];
extern const ngx_zos_step_pt  ngx_zos_steps_import_image[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_image[];
extern const ngx_zos_step_pt  ngx_zos_steps_backup[];
extern const ngx_zos_step_pt  ngx_zos_steps_list_graphs[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_graph[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_dashboard[];
extern const ngx_zos_step_pt  ngx_zos_steps_health[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_webhook[];
extern const ngx_zos_step_pt  ngx_zos_steps_ping[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_job[];
extern const ngx_zos_step_pt  ngx_zos_steps_kill_job[];
extern const ngx_zos_step_pt  ngx_zos_steps_kill_all_jobs[];
extern const ngx_zos_step_pt  ngx_zos_steps_start_job[];
extern const ngx_zos_step_pt  ngx_zos_steps_signal_job[];
extern const ngx_zos_step_pt  ngx_zos_steps_job_output[];
extern const ngx_zos_step_pt  ngx_zos_steps_kill_process[];
extern const ngx_zos_step_pt  ngx_zos_steps_signal_process[];
extern const ngx_zos_step_pt  ngx_zos_steps_container_disks[];
extern const ngx_zos_step_pt  ngx_zos_steps_vm_info[];
extern const ngx_zos_step_pt  ngx_zos_steps_upload[];
extern const ngx_zos_step_pt  ngx_zos_steps_download[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_file[];


/* fields that more than one table has */

extern const ngx_zos_field_t  ngx_zos_signal_fields[];
extern const ngx_zos_field_t  ngx_zos_job_start_fields[];

ngx_int_t ngx_zos_check_environment(ngx_str_t *value);


/* rules of bodies */

const char *ngx_zos_cluster_rules(ngx_zos_flow_t *f, struct json_t *object);
const char *ngx_zos_vdisk_rules(ngx_zos_flow_t *f, struct json_t *object);
const char *ngx_zos_storage_vdisk_rules(ngx_zos_flow_t *f,
    struct json_t *object);
const char *ngx_zos_vdiskstorage_rules(ngx_zos_flow_t *f,
    struct json_t *object);
const char *ngx_zos_image_rules(ngx_zos_flow_t *f, struct json_t *object);


/* importVM: what it reads, and what it makes of that */

extern const ngx_zos_field_t  ngx_zos_vm_description_fields[];
extern const ngx_zos_field_t  ngx_zos_vm_imported_fields[];
extern const ngx_zos_ays_t    ngx_zos_vm_import_vdisk_ays;
extern const ngx_zos_ays_t    ngx_zos_vm_import_undo_ays;

const char *ngx_zos_vm_description_rules(ngx_zos_flow_t *f,
    struct json_t *description);


/* src/flows/: parts of blueprints */

ngx_int_t ngx_zos_vm_user_init(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_vm_system_init(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_vm_export_url(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_vm_export_path(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_vm_verify(ngx_zos_flow_t *f, struct json_t *data);
const char *ngx_zos_vm_unchanged(ngx_zos_flow_t *f, struct json_t *data);
ngx_int_t ngx_zos_vm_verify_node(ngx_zos_flow_t *f, struct json_t *data);
ngx_int_t ngx_zos_container_nics(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_container_mounts(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_pool_devices(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_pool_devices_more(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_pool_devices_less(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_pool_verify_more(ngx_zos_flow_t *f, struct json_t *data);
ngx_int_t ngx_zos_pool_verify_less(ngx_zos_flow_t *f, struct json_t *data);
ngx_uint_t ngx_zos_pool_device_skip(ngx_zos_flow_t *f, ngx_str_t *device);
ngx_int_t ngx_zos_node_force(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_vdisk_verify_size(ngx_zos_flow_t *f, struct json_t *data);
ngx_int_t ngx_zos_graph_verify(ngx_zos_flow_t *f, struct json_t *data);
ngx_int_t ngx_zos_webhook_verify(ngx_zos_flow_t *f, struct json_t *data);
ngx_int_t ngx_zos_container_verify_nics(ngx_zos_flow_t *f,
    struct json_t *data);


/* src/flows/: parts of views */

ngx_int_t ngx_zos_disk_list(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_str_t *list);
ngx_uint_t ngx_zos_disk_skip(ngx_zos_flow_t *f, ngx_str_t *disk);

/*
 * In the disk.list that the last call gave, "/dev/sda" is a whole disk.
 * NGX_BUSY: it is in use.  NGX_DECLINED: there is none.
 */
ngx_int_t ngx_zos_disk_free(ngx_zos_flow_t *f, ngx_str_t *device);

ngx_int_t ngx_zos_disk_device(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_out_t *out);
ngx_int_t ngx_zos_disk_size(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_out_t *out);
ngx_int_t ngx_zos_disk_type(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_out_t *out);
ngx_int_t ngx_zos_disk_partitions(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_out_t *out);

ngx_int_t ngx_zos_backup_url(ngx_zos_flow_t *f, ngx_str_t *backup,
    ngx_zos_out_t *out);
ngx_int_t ngx_zos_backup_meta(ngx_zos_flow_t *f, ngx_str_t *backup,
    ngx_zos_out_t *out);
ngx_int_t ngx_zos_health_time(ngx_zos_flow_t *f, ngx_str_t *check,
    ngx_zos_out_t *out);
ngx_int_t ngx_zos_health_stacktrace(ngx_zos_flow_t *f, ngx_str_t *check,
    ngx_zos_out_t *out);

extern const ngx_zos_member_t  ngx_zos_partition_members[];

ngx_uint_t ngx_zos_job_skip(ngx_zos_flow_t *f, ngx_str_t *job);


/* src/ops/ngx_zos_vm_types.c */

extern const ngx_zos_view_t  ngx_zos_vm_info_view;
extern const ngx_zos_view_t  ngx_zos_vm_list_view;
extern const ngx_zos_view_t  ngx_zos_vm_view;
extern const ngx_zos_view_t  ngx_zos_vm_export_view;


/* jobs, for those who look at them in another way */

extern const ngx_zos_view_t  ngx_zos_job_view;

/* "There is no such job", as core0 puts it. */
ngx_uint_t ngx_zos_job_unknown(ngx_zos_flow_t *f);

/* 404 */
ngx_int_t ngx_zos_job_absent(ngx_zos_flow_t *f);

/* An envelope as the JobResult of the API; 404 if it is another's. */
ngx_int_t ngx_zos_job_result(ngx_zos_flow_t *f, ngx_str_t *envelope,
    ngx_str_t *text);


#endif /* _NGX_ZOS_OPS_H_INCLUDED_ */
