//! `k8s.*`: the pod that the container belongs to.
//!
//! Runtimes write pod and namespace into labels of the container; what belongs to the pod as a whole stands
//! with its sandbox, a container of its own.

use scap_rules::{FieldArg, Value};
use scap_state::Container;

use super::container::{described, labels};
use super::{Fields, bytes, owned};

/// Length of a short id.
const SHORT_ID: usize = 12;

fn from_label<'s>(f: &'s Fields<'_>, name: &str) -> Option<Value<'s>> {
    bytes(described(f)?.labels.get(name)?.as_bytes())
}

pub(crate) fn pod_name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    from_label(f, "io.kubernetes.pod.name")
}

pub(crate) fn ns_name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    from_label(f, "io.kubernetes.pod.namespace")
}

pub(crate) fn pod_uid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    from_label(f, "io.kubernetes.pod.uid")
}

fn short(id: &str) -> &[u8] {
    id.as_bytes().get(..SHORT_ID).unwrap_or(id.as_bytes())
}

pub(crate) fn sandbox_id<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(short(&described(f)?.pod_sandbox_id))
}

pub(crate) fn full_sandbox_id<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.pod_sandbox_id.as_bytes())
}

/// The container that tells of the pod's network: the container itself if it does, else its sandbox. A
/// container without a sandbox finds the host, whose short id is empty as well.
fn network_of<'s>(f: &'s Fields<'_>) -> Option<&'s Container> {
    let own = described(f)?;
    if own.cni_json.is_empty() { sandbox(f, own) } else { Some(own) }
}

fn sandbox<'s>(f: &'s Fields<'_>, of: &Container) -> Option<&'s Container> {
    f.state.containers().at(short(&of.pod_sandbox_id)).map(|container| &**container)
}

pub(crate) fn pod_label<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let FieldArg::Key(name) = arg else { return None };
    let own = described(f)?;
    let of_sandbox = network_of(f).and_then(|sandbox| sandbox.pod_sandbox_labels.get(name));
    bytes(of_sandbox.or_else(|| own.pod_sandbox_labels.get(name))?.as_bytes())
}

pub(crate) fn pod_labels<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let own = described(f)?;
    owned(labels::joined(&network_of(f).unwrap_or(own).pod_sandbox_labels))
}

pub(crate) fn pod_ip<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(network_of(f)?.ip.as_bytes())
}

pub(crate) fn pod_cni_json<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(network_of(f)?.cni_json.as_bytes())
}
