//! The `config.json` of a bundle, which every OCI runtime starts a container from.
//!
//! Takes the document, adds to what is known of the container: user, environment, mounts, shared namespaces, limits,
//! and whether it is privileged. Source: the OCI runtime specification.

use super::about::{About, Mount};
use super::json::{at, flag, list, number, pairs, text, texts};
use serde_json::Value;
use std::collections::BTreeMap;

/// Capabilities that together only privileged containers have.
const TELLING: [&str; 4] = ["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_PTRACE", "CAP_MKNOD"];

/// Adds what `spec` tells.
pub(super) fn apply(about: &mut About, spec: &Value) {
    about.user = user(spec);
    about.env = texts(spec, &["process", "env"]);
    about.mounts = mounts(spec);
    if let Some(namespaces) = at(spec, &["linux", "namespaces"]).and_then(Value::as_array) {
        let shares = |kind: &str| !namespaces.iter().any(|namespace| text(namespace, &["type"]) == kind);
        about.host_pid = shares("pid");
        about.host_network = shares("network");
        about.host_ipc = shares("ipc");
    }
    about.privileged = is_privileged(spec);
    let resource = |keys: [&str; 2]| number(spec, &["linux", "resources", keys[0], keys[1]]);
    about.memory_limit = resource(["memory", "limit"]);
    about.swap_limit = resource(["memory", "swap"]);
    about.cpu_quota = resource(["cpu", "quota"]);
    about.cpu_shares = positive(resource(["cpu", "shares"]), about.cpu_shares);
    about.cpu_period = positive(resource(["cpu", "period"]), about.cpu_period);
    about.cpuset_cpu_count = cpus(&text(spec, &["linux", "resources", "cpu", "cpus"]));
}

/// Its annotations.
pub(super) fn annotations(spec: &Value) -> BTreeMap<String, String> {
    pairs(spec, &["annotations"])
}

/// Where its root file system lies.
pub(super) fn root(spec: &Value) -> String {
    text(spec, &["root", "path"])
}

/// `number`, if it is more than 0.
pub(super) const fn positive(number: i64, otherwise: i64) -> i64 {
    if number > 0 { number } else { otherwise }
}

/// How many CPUs a list like `0-3,7` names.
pub(super) fn cpus(list: &str) -> i64 {
    let ranges = list.split(',').filter_map(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to) = (from.trim().parse::<i64>().ok()?, to.trim().parse::<i64>().ok()?);
        (from >= 0 && to >= from && to < 1 << 20).then(|| to - from + 1)
    });
    ranges.take(4096).sum()
}

fn user(spec: &Value) -> String {
    let name = text(spec, &["process", "user", "username"]);
    if name.is_empty() { number(spec, &["process", "user", "uid"]).to_string() } else { name }
}

/// Directories and files of the host that it was given.
fn mounts(spec: &Value) -> Vec<Mount> {
    let mounts = list(spec, &["mounts"]).filter_map(|mount| {
        let options = texts(mount, &["options"]);
        let has = |name: &str| options.iter().any(|option| option == name);
        let bound = text(mount, &["type"]) == "bind" || has("bind") || has("rbind");
        bound.then(|| Mount {
            source: text(mount, &["source"]),
            dest: text(mount, &["destination"]),
            mode: if has("ro") { "ro".to_owned() } else { String::new() },
            rdwr: !has("ro"),
            propagation: options.iter().find(|o| is_propagation(o)).cloned().unwrap_or_default(),
        })
    });
    mounts.collect()
}

fn is_propagation(option: &str) -> bool {
    let bare = option.strip_prefix('r').unwrap_or(option);
    matches!(bare, "private" | "shared" | "slave" | "unbindable")
}

/// Runtimes translate `--privileged` into all capabilities, no filter, and nothing hidden or read-only below /proc.
fn is_privileged(spec: &Value) -> bool {
    let hides = |key: &str| list(spec, &["linux", key]).next().is_some();
    let bounding = texts(spec, &["process", "capabilities", "bounding"]);
    let has_all = TELLING.iter().all(|wanted| bounding.iter().any(|name| name == wanted));
    has_all
        && !hides("maskedPaths")
        && !hides("readonlyPaths")
        && at(spec, &["linux", "seccomp"]).is_none_or(Value::is_null)
        && !flag(spec, &["process", "noNewPrivileges"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> Value {
        json!({
            "process": { "user": { "uid": 33 }, "env": ["A=1", 7],
                "capabilities": { "bounding": ["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_PTRACE", "CAP_MKNOD"] } },
            "root": { "path": "/r" },
            "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc" },
                { "destination": "/host", "type": "bind", "source": "/", "options": ["rbind", "rslave", "rw"] },
                { "destination": "/etc/hosts", "source": "/h", "options": ["bind", "ro"] },
            ],
            "linux": { "namespaces": [{ "type": "mount" }, { "type": "ipc" }],
                "resources": { "cpu": { "cpus": "0-2,5", "shares": 512 }, "memory": { "limit": 1024 } } },
            "annotations": { "a": "b", "c": 1 },
        })
    }

    #[test]
    fn a_spec_tells_user_mounts_namespaces_and_limits() {
        let mut about = About::named("x", 5);
        apply(&mut about, &spec());
        assert_eq!((about.user.as_str(), about.env.as_slice()), ("33", &["A=1".to_owned()][..]));
        assert_eq!((about.host_pid, about.host_network, about.host_ipc), (true, true, false));
        let mounts: Vec<_> =
            about.mounts.iter().map(|m| (m.dest.as_str(), m.rdwr, m.propagation.as_str())).collect();
        assert_eq!(mounts, [("/host", true, "rslave"), ("/etc/hosts", false, "")]);
        assert_eq!((about.cpuset_cpu_count, about.cpu_shares, about.memory_limit), (4, 512, 1024));
        assert!(about.privileged);
        assert_eq!(annotations(&spec()), BTreeMap::from([("a".to_owned(), "b".to_owned())]));
    }

    #[test]
    fn a_hidden_path_or_a_filter_is_a_sign_of_no_privileges() {
        for (key, value) in [("maskedPaths", json!(["/proc/kcore"])), ("seccomp", json!({}))] {
            let mut spec = spec();
            spec["linux"][key] = value;
            assert!(!is_privileged(&spec));
        }
        assert!(!is_privileged(&json!({})));
    }

    #[test]
    fn lists_of_cpus_are_counted_without_trusting_them() {
        assert_eq!((cpus(""), cpus("3"), cpus("1-1,4-5"), cpus("9-1,-3,x")), (0, 1, 3, 0));
        assert_eq!(cpus("0-9223372036854775807"), 0);
    }
}
