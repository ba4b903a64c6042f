//! Containers kept by containers/storage: podman's and CRI-O's.
//!
//! Takes an id, gives what `overlay-containers/containers.json`, `overlay-images/images.json` and the container's own
//! `userdata/config.json` tell. Knows the storages of the machine and of its users. Source: the files of podman 3 to 5 and
//! CRI-O 1.20 to 1.32.

use super::about::{About, kind};
use super::below::Below;
use super::json::{list, text, texts};
use super::{containerd, date, oci, pod, runc};
use scap_schema::cgroup::Runtime;
use serde_json::Value;

/// Most homes of users that are looked into.
const HOMES_LIMIT: usize = 256;

/// Storage drivers, which name the directories.
const DRIVERS: [&str; 4] = ["overlay", "vfs", "btrfs", "overlay2"];

/// The container with the 64-digit `id`.
pub(super) fn find(below: &Below, id: &str) -> Option<About> {
    stores(below)
        .iter()
        .find_map(|store| DRIVERS.iter().find_map(|driver| read(below, &format!("{store}/{driver}"), id)))
}

/// Homes of the machine's users, relative to the root.
pub(super) fn homes(below: &Below) -> Vec<String> {
    let passwd = below.text("etc/passwd").unwrap_or_default();
    let homes = passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let shell = fields.clone().nth(6)?;
        let home = fields.nth(5)?.trim_matches('/');
        (!home.is_empty() && !shell.ends_with("nologin") && !shell.ends_with("false"))
            .then(|| home.to_owned())
    });
    let mut homes: Vec<String> = homes.take(HOMES_LIMIT).collect();
    homes.dedup();
    homes
}

fn stores(below: &Below) -> Vec<String> {
    let config = below.text("etc/containers/storage.conf").unwrap_or_default();
    let set = config.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "graphroot").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    let mut stores: Vec<String> = set.collect();
    stores.push("var/lib/containers/storage".to_owned());
    stores.extend(homes(below).into_iter().map(|home| format!("{home}/.local/share/containers/storage")));
    stores
}

/// `prefix` is the storage's directory and its driver: what all its directories begin with.
fn read(below: &Below, prefix: &str, id: &str) -> Option<About> {
    let spec = below.json(&format!("{prefix}-containers/{id}/userdata/config.json"));
    let known = record(below, prefix, id);
    if spec.is_none() && known.is_none() {
        return None;
    }
    let spec = spec.unwrap_or_default();
    let annotations = oci::annotations(&spec);
    let of_crio = annotations.keys().any(|name| name.starts_with("io.kubernetes.cri-o.ContainerType"));
    let mut about = About::with_digest(id, kind(if of_crio { Runtime::Crio } else { Runtime::Podman }));
    oci::apply(&mut about, &spec);
    if let Some(known) = known {
        about_record(&mut about, &known);
    }
    if of_crio {
        crio(&mut about, below, prefix, &annotations);
    } else {
        about.privileged |= annotations
            .get("io.podman.annotations.privileged")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"));
        // Podman keeps labels in its database, which is not read; those that it hands to its runtime stand here.
        about.labels.extend(
            annotations.iter().filter(|(name, _)| !is_own(name)).map(|(k, v)| (k.clone(), v.clone())),
        );
        about.labels.extend(runc::labels_of(below, id));
        about.labels.retain(|name, _| !is_own(name));
        pod::apply(&mut about, &annotations);
    }
    if about.created == 0 {
        about.created = annotations.get("io.kubernetes.cri-o.Created").map_or(0, |text| date::seconds(text));
    }
    if about.image.is_empty() {
        // A container without an image runs from a directory.
        about.image = oci::root(&spec);
        about.image_repo.clone_from(&about.image);
    }
    digest(&mut about, below, prefix);
    if about.ip.is_empty() {
        about.ip = containerd::address(below, id);
    }
    Some(about)
}

/// Whether an annotation is podman's or its runtime's own note, and nothing that a person wrote.
fn is_own(name: &str) -> bool {
    [
        "io.podman.",
        "io.kubernetes.cri-o.",
        "io.container.manager",
        "org.opencontainers.image.stopSignal",
        "bundle",
        "run.oci.",
    ]
    .iter()
    .any(|start| name.starts_with(start))
}

/// The storage's own record of the container.
fn record(below: &Below, prefix: &str, id: &str) -> Option<Value> {
    let names = [
        format!("{prefix}-containers/containers.json"),
        format!("{prefix}-containers/volatile-containers.json"),
    ];
    names.iter().find_map(|name| match below.json(name)? {
        Value::Array(all) => {
            all.into_iter().find(|entry| entry.get("id").and_then(Value::as_str) == Some(id))
        }
        _ => None,
    })
}

fn about_record(about: &mut About, record: &Value) {
    let metadata: Value = serde_json::from_str(&whole_text(record, "metadata")).unwrap_or_default();
    about.name = texts(record, &["names"]).into_iter().next().unwrap_or_else(|| text(&metadata, &["name"]));
    about.image_id = text(record, &["image"]);
    about.set_image(&text(&metadata, &["image-name"]));
    about.created = date::seconds(&text(record, &["created"]));
}

/// A text that is a document itself, uncut.
fn whole_text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn digest(about: &mut About, below: &Below, prefix: &str) {
    let images = below.json(&format!("{prefix}-images/images.json")).unwrap_or_default();
    let Some(image) = list(&images, &[]).find(|image| text(image, &["id"]) == about.image_id) else { return };
    if about.image_digest.is_empty() {
        about.image_digest = text(image, &["digest"]);
    }
    if about.image.is_empty()
        && let Some(name) = texts(image, &["names"]).first()
    {
        about.set_image(name);
    }
}

/// What CRI-O writes into annotations; of the pod as a whole it does so with the pod's sandbox.
fn crio(
    about: &mut About,
    below: &Below,
    prefix: &str,
    annotations: &std::collections::BTreeMap<String, String>,
) {
    let own =
        |name: &str| annotations.get(&format!("io.kubernetes.cri-o.{name}")).cloned().unwrap_or_default();
    about.labels = pod::nested(annotations, "io.kubernetes.cri-o.Labels");
    pod::apply(about, annotations);
    let container = annotations.get("io.kubernetes.container.name").filter(|name| !name.is_empty());
    if let Some(name) = container {
        about.name.clone_from(name);
    }
    for name in ["UserRequestedImage", "ImageName", "SomeNameOfTheImage"] {
        if !own(name).is_empty() && (about.image.is_empty() || name != "SomeNameOfTheImage") {
            about.set_image(&own(name));
            break;
        }
    }
    let reference = own("ImageRef");
    if let Some((_, digest)) = reference.split_once('@') {
        digest.clone_into(&mut about.image_digest);
    }
    let sandbox = if about.is_pod_sandbox { None } else { Some(about.pod_sandbox_id.clone()) };
    let of_pod = sandbox
        .filter(|id| !id.contains('/') && !id.is_empty())
        .and_then(|id| below.json(&format!("{prefix}-containers/{id}/userdata/config.json")))
        .map_or_else(|| annotations.clone(), |spec| oci::annotations(&spec));
    let of = |name: &str| of_pod.get(&format!("io.kubernetes.cri-o.{name}")).cloned().unwrap_or_default();
    pod::of_sandbox(
        about,
        pod::nested(&of_pod, "io.kubernetes.cri-o.Labels"),
        pod::nested(&of_pod, "io.kubernetes.cri-o.Annotations"),
    );
    about.ip = of("IP.0");
    about.cni_json = of("CNIResult");
}
