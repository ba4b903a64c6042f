//! Rows of `container.*` and `k8s.*`: the container and pod that the process runs in.

use scap_rules::ArgKind::{RequiredIndexOrKey, RequiredKey};
use scap_rules::FieldType::{AbsTime, Bool, CharBuf, RelTime};

use super::row::{Row, field, never};
use crate::fields::container::{about, image, labels, mounts};
use crate::fields::k8s;

const PROBES: &str = "runtimes no longer tell which commands are health checks, and Falco no longer asks";
const CLUSTER: &str = "only the cluster's API server knows it, and no trace holds its answers";

/// The rows of containers.
#[rustfmt::skip]
pub(super) const CONTAINER: &[Row] = &[
    field("container.id", CharBuf, about::id, "First 12 characters of the container's id; `host` outside of containers.").around(),
    field("container.full_id", CharBuf, about::full_id, "Whole id of the container.").around(),
    field("container.name", CharBuf, about::name, "Name of the container; `host` outside of containers.").around(),
    field("container.image", CharBuf, image::image, "Image as the container was started with it.").around(),
    field("container.image.id", CharBuf, image::id, "Id of the image.").around(),
    field("container.type", CharBuf, about::container_type, "Runtime: `docker`, `containerd`, `cri-o`, `podman`, …; `host` outside of containers.").around(),
    field("container.privileged", Bool, about::privileged, "Whether the container runs privileged.").around(),
    field("container.mounts", CharBuf, mounts::mounts, "All mounts as `source:dest:mode:rdwr:propagation`, separated by commas."),
    field("container.mount", CharBuf, mounts::mount, "One mount, by number or by a pattern of its source.").arg(RequiredIndexOrKey),
    field("container.mount.source", CharBuf, mounts::source, "Source of one mount, by number or by a pattern of its destination.").arg(RequiredIndexOrKey),
    field("container.mount.dest", CharBuf, mounts::dest, "Destination of one mount, by number or by a pattern of its source.").arg(RequiredIndexOrKey),
    field("container.mount.mode", CharBuf, mounts::mode, "Mode of one mount, by number or by a pattern of its source.").arg(RequiredIndexOrKey),
    field("container.mount.rdwr", CharBuf, mounts::rdwr, "`true` if one mount can be written, by number or by a pattern of its source.").arg(RequiredIndexOrKey),
    field("container.mount.propagation", CharBuf, mounts::propagation, "Propagation of one mount, by number or by a pattern of its source.").arg(RequiredIndexOrKey),
    field("container.image.repository", CharBuf, image::repository, "Repository of the image.").around(),
    field("container.image.tag", CharBuf, image::tag, "Tag of the image.").around(),
    field("container.image.digest", CharBuf, image::digest, "Digest of the image in its registry.").around(),
    never("container.healthcheck", CharBuf, PROBES, "Command of the health check.").old("nothing: it is gone"),
    never("container.liveness_probe", CharBuf, PROBES, "Command of the liveness probe.").old("nothing: it is gone"),
    never("container.readiness_probe", CharBuf, PROBES, "Command of the readiness probe.").old("nothing: it is gone"),
    field("container.start_ts", AbsTime, about::start_ts, "Start of the container's pid namespace, as recorded."),
    field("container.duration", RelTime, about::duration, "Nanoseconds since container.start_ts."),
    field("container.ip", CharBuf, about::ip, "Primary IPv4 address of the container."),
    field("container.cni.json", CharBuf, about::cni_json, "What the network plugin answered when it connected the container's pod."),
    field("container.host_pid", Bool, about::host_pid, "Whether the container shares the host's pid namespace.").around(),
    field("container.host_network", Bool, about::host_network, "Whether the container shares the host's network namespace.").around(),
    field("container.host_ipc", Bool, about::host_ipc, "Whether the container shares the host's IPC namespace.").around(),
    field("container.label", CharBuf, labels::label, "Value of the container's label that the argument names.").arg(RequiredKey),
    field("container.labels", CharBuf, labels::labels, "Labels of the container as `name:value`, separated by commas."),
    never("proc.is_container_healthcheck", Bool, PROBES, "Whether the process belongs to a health check.").old("nothing: it is gone"),
    never("proc.is_container_liveness_probe", Bool, PROBES, "Whether the process belongs to a liveness probe.").old("nothing: it is gone"),
    never("proc.is_container_readiness_probe", Bool, PROBES, "Whether the process belongs to a readiness probe.").old("nothing: it is gone"),
];

/// The rows of pods.
#[rustfmt::skip]
pub(super) const K8S: &[Row] = &[
    field("k8s.pod.name", CharBuf, k8s::pod_name, "Name of the pod.").around(),
    field("k8s.ns.name", CharBuf, k8s::ns_name, "Namespace of the pod.").around(),
    field("k8s.pod.id", CharBuf, k8s::pod_uid, "The same as k8s.pod.uid."),
    field("k8s.pod.uid", CharBuf, k8s::pod_uid, "UID of the pod."),
    field("k8s.pod.sandbox_id", CharBuf, k8s::sandbox_id, "First 12 characters of the pod sandbox's id."),
    field("k8s.pod.full_sandbox_id", CharBuf, k8s::full_sandbox_id, "Whole id of the pod's sandbox."),
    field("k8s.pod.label", CharBuf, k8s::pod_label, "Value of the pod's label that the argument names.").arg(RequiredKey),
    field("k8s.pod.labels", CharBuf, k8s::pod_labels, "Labels of the pod as `name:value`, separated by commas."),
    field("k8s.pod.ip", CharBuf, k8s::pod_ip, "Primary IPv4 address of the pod."),
    field("k8s.pod.cni.json", CharBuf, k8s::pod_cni_json, "What the network plugin answered when it connected the pod."),
    never("k8s.rc.name", CharBuf, CLUSTER, "Name of the replication controller.").old("k8s.pod.name"),
    never("k8s.rc.id", CharBuf, CLUSTER, "Id of the replication controller.").old("k8s.pod.uid"),
    never("k8s.rc.label", CharBuf, CLUSTER, "A label of the replication controller.").arg(RequiredKey).old("k8s.pod.label"),
    never("k8s.rc.labels", CharBuf, CLUSTER, "Labels of the replication controller.").old("k8s.pod.labels"),
    never("k8s.svc.name", CharBuf, CLUSTER, "Name of the service.").old("k8s.pod.name"),
    never("k8s.svc.id", CharBuf, CLUSTER, "Id of the service.").old("k8s.pod.uid"),
    never("k8s.svc.label", CharBuf, CLUSTER, "A label of the service.").arg(RequiredKey).old("k8s.pod.label"),
    never("k8s.svc.labels", CharBuf, CLUSTER, "Labels of the service.").old("k8s.pod.labels"),
    never("k8s.ns.id", CharBuf, CLUSTER, "Id of the namespace.").old("k8s.ns.name"),
    never("k8s.ns.label", CharBuf, CLUSTER, "A label of the namespace.").arg(RequiredKey).old("k8s.pod.label"),
    never("k8s.ns.labels", CharBuf, CLUSTER, "Labels of the namespace.").old("k8s.pod.labels"),
    never("k8s.rs.name", CharBuf, CLUSTER, "Name of the replica set.").old("k8s.pod.name"),
    never("k8s.rs.id", CharBuf, CLUSTER, "Id of the replica set.").old("k8s.pod.uid"),
    never("k8s.rs.label", CharBuf, CLUSTER, "A label of the replica set.").arg(RequiredKey).old("k8s.pod.label"),
    never("k8s.rs.labels", CharBuf, CLUSTER, "Labels of the replica set.").old("k8s.pod.labels"),
    never("k8s.deployment.name", CharBuf, CLUSTER, "Name of the deployment.").old("k8s.pod.name"),
    never("k8s.deployment.id", CharBuf, CLUSTER, "Id of the deployment.").old("k8s.pod.uid"),
    never("k8s.deployment.label", CharBuf, CLUSTER, "A label of the deployment.").arg(RequiredKey).old("k8s.pod.label"),
    never("k8s.deployment.labels", CharBuf, CLUSTER, "Labels of the deployment.").old("k8s.pod.labels"),
];
