//! Containers of a plain OCI runtime: runc and crun.
//!
//! Takes control groups or an id, gives what the runtime's own state file and the bundle tell. A caller of runc may
//! name its container anything and put it into any group, so that only the state file tells which groups are its.
//! Source: runc's `state.json` and crun's `status`.

use super::about::{About, CUSTOM};
use super::below::Below;
use super::json::{at, limited, text, texts};
use super::{date, oci, paths, pod};
use scap_schema::cgroup::{is_below, short_id};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where the runtimes of root keep their states.
const DIRS: [&str; 4] =
    ["run/runc", "run/crun", "run/docker/runtime-runc/moby", "run/containerd/runc/default"];

/// Annotations that name an image.
const IMAGE_NAMES: [&str; 3] =
    ["org.opencontainers.image.ref.name", "io.kubernetes.cri.image-name", "org.opencontainers.image.title"];

/// One container's state.
#[derive(Debug, Default)]
struct State {
    id: String,
    /// Control groups without the mount point of their hierarchy.
    groups: Vec<String>,
    bundle: String,
    rootfs: String,
    created: String,
    labels: BTreeMap<String, String>,
}

/// The container one of whose groups holds a path of `list`.
pub(super) fn by_group(below: &Below, list: &[u8]) -> Option<About> {
    let states = dirs(below).into_iter().flat_map(|dir| {
        let names = below.names(&dir);
        names.into_iter().filter_map(move |name| State::read(below, &dir, &name))
    });
    let holds = |state: &State| {
        paths(list)
            .any(|path| state.groups.iter().any(|group| group.len() > 1 && is_below(path, group.as_bytes())))
    };
    let state = states.into_iter().find(holds)?;
    let mut about = state.about(below);
    about.groups.clone_from(&state.groups);
    Some(about)
}

/// The container with the 64-digit `id`.
pub(super) fn by_id(below: &Below, id: &str) -> Option<About> {
    dirs(below).iter().find_map(|dir| State::read(below, dir, id)).map(|state| state.about(below))
}

/// Labels of container `id` as the runtime below another tool notes them.
pub(super) fn labels_of(below: &Below, id: &str) -> BTreeMap<String, String> {
    let found = dirs(below).iter().find_map(|dir| State::read(below, dir, id));
    found.map(|state| state.labels).unwrap_or_default()
}

fn dirs(below: &Below) -> Vec<String> {
    let users = below.names("run/user").into_iter();
    let of_users = users.flat_map(|uid| ["runc", "crun"].map(|name| format!("run/user/{uid}/{name}")));
    DIRS.map(str::to_owned).into_iter().chain(of_users).collect()
}

impl State {
    fn read(below: &Below, dir: &str, name: &str) -> Option<Self> {
        below.json(&format!("{dir}/{name}/state.json")).map(|state| Self::of_runc(name, &state)).or_else(
            || below.json(&format!("{dir}/{name}/status")).map(|status| Self::of_crun(name, &status)),
        )
    }

    fn of_runc(name: &str, state: &Value) -> Self {
        let paths = at(state, &["cgroup_paths"]).and_then(Value::as_object);
        let pairs = texts(state, &["config", "labels"]);
        let mut labels: BTreeMap<String, String> = pairs
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut groups: Vec<String> = paths
            .into_iter()
            .flatten()
            .take(32)
            .filter_map(|(subsystem, path)| Some(below_mount(subsystem, path.as_str()?)))
            .collect();
        groups.sort();
        groups.dedup();
        Self {
            id: name.to_owned(),
            groups,
            bundle: labels.remove("bundle").unwrap_or_default(),
            rootfs: text(state, &["config", "rootfs"]),
            created: text(state, &["created"]),
            labels,
        }
    }

    fn of_crun(name: &str, status: &Value) -> Self {
        let group = text(status, &["cgroup-path"]);
        Self {
            id: name.to_owned(),
            groups: if group.is_empty() { Vec::new() } else { vec![group] },
            bundle: text(status, &["bundle"]),
            rootfs: match (text(status, &["rootfs"]), text(status, &["bundle"])) {
                (root, bundle) if !root.is_empty() && !root.starts_with('/') => format!("{bundle}/{root}"),
                (root, _) => root,
            },
            created: text(status, &["created"]),
            labels: BTreeMap::new(),
        }
    }

    fn about(&self, below: &Below) -> About {
        let mut about = About::named(&self.id, CUSTOM);
        about.id = String::from_utf8_lossy(short_id(self.id.as_bytes())).into_owned();
        about.name.clone_from(&self.id);
        let spec = below.json(&format!("{}/config.json", self.bundle)).unwrap_or_default();
        if !spec.is_null() {
            oci::apply(&mut about, &spec);
        }
        about.labels = self.labels.clone();
        about.labels.extend(oci::annotations(&spec));
        let labels = about.labels.clone();
        pod::apply(&mut about, &labels);
        match IMAGE_NAMES.iter().find_map(|name| labels.get(*name)) {
            Some(name) => about.set_image(name),
            // Without an image there still is a directory that it runs from.
            None => {
                about.image.clone_from(&self.rootfs);
                about.image_repo.clone_from(&self.rootfs);
            }
        }
        about.created = date::seconds(&self.created);
        about
    }
}

/// A group's path as processes see it: without `/sys/fs/cgroup` and, in version 1, the subsystem's directory.
fn below_mount(subsystem: &str, path: &str) -> String {
    let Some(rest) = path.strip_prefix("/sys/fs/cgroup") else { return limited(path) };
    let bare = subsystem.strip_prefix("name=").unwrap_or(subsystem);
    let of_version_1 = rest.strip_prefix('/').and_then(|rest| {
        let (first, group) = rest.split_at(rest.find('/')?);
        // Subsystems may share a directory, as `cpu,cpuacct` do; version 2 beside version 1 is called `unified`.
        let shared = first.split(',').any(|name| name == bare);
        (shared || (bare.is_empty() && first == "unified")).then_some(group)
    });
    limited(of_version_1.unwrap_or(rest))
}
