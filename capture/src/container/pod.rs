//! Kubernetes' marks on a container.
//!
//! Takes labels and annotations that the kubelet and CRI runtimes give containers, gives pod, namespace and uid under the
//! names that the `k8s.*` fields look for: `io.kubernetes.pod.name` and kin.

use super::about::About;
use std::collections::BTreeMap;

type Texts = BTreeMap<String, String>;

/// What the fields look for, then what runtimes call it; the first that is there counts.
const LABELS: &[(&str, &[&str])] = &[
    ("io.kubernetes.pod.name", &["io.kubernetes.cri.sandbox-name", "io.kubernetes.cri-o.KubeName"]),
    (
        "io.kubernetes.pod.namespace",
        &["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri-o.Namespace"],
    ),
    ("io.kubernetes.pod.uid", &["io.kubernetes.cri.sandbox-uid"]),
    ("io.kubernetes.container.name", &["io.kubernetes.cri.container-name"]),
    ("io.kubernetes.sandbox.id", &["io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID"]),
];

/// Adds labels for what `annotations` tell of the pod, and what its labels already do.
pub(super) fn apply(about: &mut About, annotations: &Texts) {
    for &(label, others) in LABELS {
        let found = std::iter::once(&label).chain(others).find_map(|name| annotations.get(*name));
        if let Some(value) = found.filter(|value| !value.is_empty()) {
            about.labels.entry(label.to_owned()).or_insert_with(|| value.clone());
        }
    }
    if about.pod_sandbox_id.is_empty()
        && let Some(id) = about.labels.get("io.kubernetes.sandbox.id")
    {
        about.pod_sandbox_id.clone_from(id);
    }
    let kind = ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"];
    about.is_pod_sandbox |=
        kind.iter().any(|name| annotations.get(*name).is_some_and(|kind| kind == "sandbox"));
}

/// Text that is a JSON map of texts, as CRI-O keeps labels in annotations.
pub(super) fn nested(annotations: &Texts, name: &str) -> Texts {
    let map: Option<serde_json::Value> =
        annotations.get(name).and_then(|text| serde_json::from_str(text).ok());
    map.map(|map| super::json::pairs(&map, &[])).unwrap_or_default()
}

/// Takes over the labels of the pod as a whole, and its annotations as labels.
pub(super) fn of_sandbox(about: &mut About, labels: Texts, annotations: Texts) {
    about.pod_sandbox_labels.extend(labels);
    let named = annotations.into_iter().map(|(name, value)| (format!("annotation.{name}"), value));
    about.labels.extend(named);
}
