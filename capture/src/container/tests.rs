use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
const SANDBOX: &str = "aaaab26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c36010";

/// A root with these files.
fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path.replace("{}", ID));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn find(root: &Path, group: &str) -> Option<About> {
    let list = format!("cpu={0}\0memory={0}\0", group.replace("{}", ID));
    Finder::new(&Root::new(root)).find(list.as_bytes())
}

#[test]
fn docker_tells_of_a_container_of_a_pod() {
    let config = json!({
        "ID": ID, "Created": "2026-11-22T00:00:10Z", "Name": "/k8s_web_shop-1_prod_uid-1_0", "Driver": "overlay2",
        "Image": "sha256:1111",
        "Config": { "Image": "reg:5000/shop/web:1.2", "User": "www", "Env": ["A=1"],
            "Labels": { "app": "shop", "io.kubernetes.pod.name": "shop-1", "io.kubernetes.pod.namespace": "prod",
                "io.kubernetes.pod.uid": "uid-1", "io.kubernetes.sandbox.id": SANDBOX },
            "Healthcheck": { "Test": ["CMD-SHELL", "curl -f localhost"] } },
        "NetworkSettings": { "Networks": { "none": { "IPAddress": "" }, "bridge": { "IPAddress": "172.17.0.2" } },
            "Ports": { "80/tcp": [{ "HostIp": "0.0.0.0", "HostPort": "8080" }, { "HostIp": "::", "HostPort": "8080" }],
                "53/udp": [{ "HostIp": "", "HostPort": "53" }], "443/tcp": null } },
        "MountPoints": { "/data": { "Source": "/srv", "RW": true, "Propagation": "rprivate", "Relabel": "z" } },
    });
    let host = json!({ "Privileged": true, "PidMode": "host", "NetworkMode": "bridge", "Memory": 1024, "CpusetCpus": "0-1" });
    let images = json!({ "Repositories": { "reg:5000/shop/web": {
        "reg:5000/shop/web:1.2": "sha256:1111", "reg:5000/shop/web@sha256:2222": "sha256:1111" } } });
    let files = [
        ("var/lib/docker/containers/{}/config.v2.json", config.to_string()),
        ("var/lib/docker/containers/{}/hostconfig.json", host.to_string()),
        ("var/lib/docker/image/overlay2/repositories.json", images.to_string()),
    ];
    let dir = root(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    let about = find(dir.path(), "/kubepods.slice/kubepods-pod1.slice/docker-{}.scope").unwrap();
    assert_eq!((about.id.as_str(), about.full_id.as_str(), about.kind), ("3ad7b26ded6d", ID, 0));
    assert_eq!(about.name, "k8s_web_shop-1_prod_uid-1_0");
    assert_eq!((about.image_repo.as_str(), about.image_tag.as_str()), ("reg:5000/shop/web", "1.2"));
    assert_eq!((about.image_id.as_str(), about.image_digest.as_str()), ("1111", "sha256:2222"));
    assert_eq!((about.ip.as_str(), about.user.as_str(), about.created), ("172.17.0.2", "www", 1_795_305_610));
    assert!(about.privileged && about.host_pid && !about.host_network && !about.is_pod_sandbox);
    assert_eq!(about.ports, [Port { host_ip: 0, host_port: 8080, container_port: 80 }]);
    let mount = &about.mounts[0];
    assert_eq!((mount.source.as_str(), mount.dest.as_str(), mount.rdwr), ("/srv", "/data", true));
    assert_eq!(about.healthcheck.as_ref().unwrap().0, "/bin/sh");
    assert_eq!(about.labels["io.kubernetes.pod.namespace"], "prod");
    assert_eq!((about.pod_sandbox_id.as_str(), about.cpuset_cpu_count), (SANDBOX, 2));
    assert!(about.is_whole());
}

#[test]
fn docker_may_keep_its_files_elsewhere() {
    let config = format!(r#"{{"Name":"/web","Config":{{"Image":"nginx"}},"ID":"{ID}"}}"#);
    let dir = root(&[
        ("etc/docker/daemon.json", r#"{"data-root":"/data/docker"}"#),
        ("data/docker/containers/{}/config.v2.json", &config),
    ]);
    assert_eq!(find(dir.path(), "/docker/{}").unwrap().name, "web");
    let home = root(&[
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/bash\n"),
        ("home/ann/.local/share/docker/containers/{}/config.v2.json", &config),
    ]);
    assert_eq!(find(home.path(), "/user.slice/user-1000.slice/docker-{}.scope").unwrap().image, "nginx");
}

#[test]
fn containerd_tells_of_a_container_of_a_pod() {
    let spec = json!({
        "process": { "user": { "uid": 101 } }, "root": { "path": "rootfs" },
        "linux": { "namespaces": [{ "type": "pid" }, { "type": "network", "path": "/proc/7/ns/net" }] },
        "annotations": { "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": "nginx",
            "io.kubernetes.cri.image-name": "docker.io/library/nginx:1.25", "io.kubernetes.cri.sandbox-id": SANDBOX,
            "io.kubernetes.cri.sandbox-name": "web-0", "io.kubernetes.cri.sandbox-namespace": "prod",
            "io.kubernetes.cri.sandbox-uid": "u-1" },
    });
    let net =
        r#"{"kind":"cniCacheV1","result":{"ips":[{"address":"fd00::2/64"},{"address":"10.244.1.5/24"}]}}"#;
    let dir = root(&[
        ("run/containerd/io.containerd.runtime.v2.task/k8s.io/{}/config.json", &spec.to_string()),
        (&format!("var/lib/cni/cache/results/cni0-{SANDBOX}-eth0"), net),
        (
            "var/lib/containerd/io.containerd.grpc.v1.cri/containers/{}/status",
            r#"{"CreatedAt":1795305610000000000}"#,
        ),
    ]);
    for group in
        ["/kubepods.slice/kubepods-pod1.slice/cri-containerd-{}.scope", "/kubepods/burstable/podu-1/{}"]
    {
        let about = find(dir.path(), group).unwrap();
        assert_eq!((about.name.as_str(), about.kind, about.image_tag.as_str()), ("nginx", 7, "1.25"));
        assert_eq!(about.labels["io.kubernetes.pod.name"], "web-0");
        assert_eq!((about.pod_sandbox_id.as_str(), about.ip.as_str()), (SANDBOX, "10.244.1.5"));
        assert_eq!((about.host_ipc, about.host_network, about.created), (true, false, 1_795_305_610));
    }
}

#[test]
fn containerd_by_itself_names_containers_freely() {
    let dir = root(&[
        ("run/containerd/io.containerd.runtime.v2.task/default/my-test-container/config.json", "{ }"),
        ("run/containerd/io.containerd.runtime.v2.task/default/{}/config.json", "{ }"),
        ("var/lib/nerdctl/1935db59/names/default/web", &format!("{ID}\n")),
    ]);
    let about = find(dir.path(), "/default/my-test-container").unwrap();
    assert_eq!((about.id.as_str(), about.name.as_str()), ("my-test-cont", "my-test-cont"));
    assert_eq!(find(dir.path(), "/system.slice/nerdctl-{}.scope").unwrap().name, "web");
}

#[test]
fn crio_tells_of_a_container_and_of_its_pod() {
    let container = json!({ "annotations": {
        "io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.container.name": "web",
        "io.kubernetes.cri-o.SandboxID": SANDBOX, "io.kubernetes.cri-o.ImageName": "quay.io/a/web:3",
        "io.kubernetes.cri-o.ImageRef": "quay.io/a/web@sha256:77", "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "prod", "io.kubernetes.pod.uid": "u-1",
        "io.kubernetes.cri-o.Labels": "{\"io.kubernetes.container.name\":\"web\",\"tier\":\"front\"}",
        "io.kubernetes.cri-o.Created": "2026-11-22T00:00:10.5Z" } });
    let sandbox = json!({ "annotations": { "io.kubernetes.cri-o.Labels": "{\"app\":\"shop\"}",
        "io.kubernetes.cri-o.Annotations": "{\"team\":\"blue\"}", "io.kubernetes.cri-o.IP.0": "10.1.2.3" } });
    let dir = root(&[
        ("var/lib/containers/storage/overlay-containers/{}/userdata/config.json", &container.to_string()),
        (
            &format!("var/lib/containers/storage/overlay-containers/{SANDBOX}/userdata/config.json"),
            &sandbox.to_string(),
        ),
    ]);
    let about = find(dir.path(), "/kubepods.slice/kubepods-pod1.slice/crio-{}.scope").unwrap();
    assert_eq!((about.name.as_str(), about.kind, about.image_tag.as_str()), ("web", 8, "3"));
    assert_eq!(
        (about.image_digest.as_str(), about.ip.as_str(), about.created),
        ("sha256:77", "10.1.2.3", 1_795_305_610)
    );
    assert_eq!(about.pod_sandbox_labels["app"], "shop");
    assert_eq!((about.labels["annotation.team"].as_str(), about.labels["tier"].as_str()), ("blue", "front"));
    assert_eq!(about.labels["io.kubernetes.pod.uid"], "u-1");
}

#[test]
fn podman_keeps_containers_of_the_machine_and_of_users() {
    let record = json!([{ "id": SANDBOX }, { "id": ID, "names": ["web"], "image": "1111",
        "metadata": "{\"image-name\":\"docker.io/library/nginx:1.22\",\"name\":\"web\"}", "created": "2026-11-22T00:00:10Z" }]);
    let images =
        json!([{ "id": "1111", "digest": "sha256:2222", "names": ["docker.io/library/nginx:1.22"] }]);
    let spec = json!({ "annotations": { "io.podman.annotations.privileged": "TRUE", "io.container.manager": "libpod", "app": "shop" } });
    let store = ["var/lib/containers/storage", "home/ann/.local/share/containers/storage"];
    for (store, group) in store.iter().zip([
        "/libpod_parent/libpod-{}",
        "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{}.scope/container",
    ]) {
        let dir = root(&[
            ("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n"),
            (&format!("{store}/overlay-containers/containers.json"), &record.to_string()),
            (&format!("{store}/overlay-images/images.json"), &images.to_string()),
            (&format!("{store}/overlay-containers/{{}}/userdata/config.json"), &spec.to_string()),
        ]);
        let about = find(dir.path(), group).unwrap();
        assert_eq!((about.name.as_str(), about.kind, about.privileged), ("web", 11, true));
        assert_eq!(
            (about.image_repo.as_str(), about.image_tag.as_str()),
            ("docker.io/library/nginx", "1.22")
        );
        assert_eq!((about.image_id.as_str(), about.image_digest.as_str()), ("1111", "sha256:2222"));
        assert_eq!(about.labels.keys().collect::<Vec<_>>(), ["app"]);
    }
}

#[test]
fn a_plain_runtime_tells_which_groups_are_a_containers() {
    let state = json!({ "id": "my-own-container", "created": "2026-11-22T00:00:10Z",
        "cgroup_paths": { "": "/sys/fs/cgroup/unified/x/my-own", "cpu": "/sys/fs/cgroup/cpu,cpuacct/x/my-own",
            "memory": "/sys/fs/cgroup/memory/deep/my-own", "name=systemd": "/sys/fs/cgroup/systemd/x/my-own" },
        "config": { "rootfs": "/b/rootfs", "labels": ["bundle=/b", "org.opencontainers.image.ref.name=nginx:1.22"] } });
    let dir = root(&[
        ("run/runc/my-own-container/state.json", &state.to_string()),
        ("b/config.json", r#"{"process":{"env":["A=1"]}}"#),
        ("run/crun/other/status", r#"{"cgroup-path":"/y/other","rootfs":"/r","bundle":"/none"}"#),
    ]);
    let about = find(dir.path(), "/x/my-own/inner").unwrap();
    assert_eq!((about.id.as_str(), about.name.as_str(), about.kind), ("my-own-conta", "my-own-container", 5));
    assert_eq!((about.image_repo.as_str(), about.image_tag.as_str()), ("nginx", "1.22"));
    assert_eq!(about.groups, ["/deep/my-own", "/x/my-own"]);
    assert_eq!(about.env, ["A=1"]);
    let other = find(dir.path(), "/y/other").unwrap();
    assert_eq!((other.name.as_str(), other.image.as_str()), ("other", "/r"));
    assert_eq!(find(dir.path(), "/x/my-own-not"), None);
}

#[test]
fn lxc_and_nspawn_tell_by_name() {
    let dir = root(&[
        (
            "var/lib/lxc/web/config",
            "lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs\nlxc.idmap = u 0 100000 65536\n\
            lxc.net.0.ipv4.address = 10.0.3.7/24\nlxc.mount.entry = /srv srv none bind,ro 0 0\nlxc.mount.entry = x\n=\n",
        ),
        (
            "run/systemd/machines/deb",
            "NAME=deb\nCLASS=container\nROOT=/var/lib/machines/deb\nREALTIME=1795305610000000\n",
        ),
        ("run/systemd/machines/vm", "CLASS=vm\n"),
        (
            "etc/systemd/nspawn/deb.nspawn",
            "[Exec]\nCapability=all\n[Files]\nBindReadOnly=/srv:/data\n[Network]\nPrivate=yes\n",
        ),
        ("etc/libvirt/lxc/web.xml", "<domain/>"),
    ]);
    let lxc = find(dir.path(), "/lxc.payload.web/init.scope").unwrap();
    assert_eq!((lxc.name.as_str(), lxc.ip.as_str(), lxc.privileged), ("web", "10.0.3.7", false));
    assert_eq!((lxc.image.as_str(), lxc.mounts[0].dest.as_str()), ("/var/lib/lxc/web/rootfs", "/srv"));
    let deb = find(dir.path(), "/machine.slice/machine-deb.scope/payload").unwrap();
    assert_eq!(
        (deb.name.as_str(), deb.image.as_str(), deb.created),
        ("deb", "/var/lib/machines/deb", 1_795_305_610)
    );
    assert!(deb.privileged && !deb.host_network && !deb.mounts[0].rdwr);
    assert_eq!(find(dir.path(), "/machine.slice/machine-vm.scope"), None);
    let virt = find(dir.path(), "/machine.slice/machine-lxc\\x2d77\\x2dweb.scope/libvirt").unwrap();
    assert_eq!((virt.id.as_str(), virt.name.as_str()), ("77\\x2dweb", "web"));
}

#[test]
fn the_host_and_unknown_containers_have_no_files() {
    let dir = root(&[]);
    for group in ["/", "/docker/{}", "/lxc/../../etc", "/user.slice/session-1.scope", "/default/x"] {
        assert_eq!(find(dir.path(), group), None, "{group}");
    }
    assert_eq!(find(Path::new("/no/such/root"), "/docker/{}"), None);
}

#[test]
fn the_first_telling_entry_of_a_list_counts() {
    let list = format!("cpu=/\0name=systemd=/docker/{ID}\0memory=/x\0");
    assert_eq!(container_of(list.as_bytes()).unwrap().full_id, ID.as_bytes());
    assert_eq!(container_of(b"cpu=/\0memory=/user.slice\0"), None);
    assert_eq!(container_of(b"\0==\0=/\xff\0"), None);
}

/// Any JSON, with the keys that readers look for among its keys.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("/".to_owned()),
        Just("sha256:".to_owned()),
        Just("true".to_owned()),
        Just("{}".to_owned()),
        Just(ID.to_owned()),
        "\\PC{0,12}",
        Just("0-9999999999".to_owned()),
        Just("2026-11-22T00:00:10+99:99".to_owned()),
        Just("CMD".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    let key = prop_oneof![
        "Config|Labels|Name|Image|Env|Mounts|NetworkSettings|Networks|Ports|MountPoints|Healthcheck|Test|Created|Driver",
        "annotations|process|user|uid|env|mounts|options|linux|namespaces|resources|cpu|cpus|root|path|capabilities|bounding",
        "id|names|metadata|created|digest|cgroup_paths|config|labels|rootfs|cgroup-path|bundle|result|ips|address|CreatedAt",
        "io\\.kubernetes\\.cri-o\\.(ContainerType|SandboxID|Labels|Annotations|ImageRef)|io\\.kubernetes\\.cri\\.container-type",
        "80/tcp|\\PC{0,6}",
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_file_of_a_runtime_does_harm(json in any_json(), raw in prop::collection::vec(any::<u8>(), 0..200), odd in any::<bool>()) {
        let text = if odd { String::from_utf8_lossy(&raw).into_owned() } else { json.to_string() };
        let listed = json!([json, { "id": ID, "names": [json], "image": "i", "metadata": text }]).to_string();
        let dir = root(&[
            ("etc/docker/daemon.json", &text), ("etc/passwd", &text), ("etc/containers/storage.conf", &text),
            ("var/lib/docker/containers/{}/config.v2.json", &text), ("var/lib/docker/containers/{}/hostconfig.json", &text),
            ("var/lib/lxc/web/config", &text), ("run/systemd/machines/deb", &text), ("etc/systemd/nspawn/deb.nspawn", &text),
            ("run/runc/x/state.json", &text), ("run/crun/x/status", &text),
        ]);
        for group in ["/docker/{}", "/lxc/web", "/machine.slice/machine-deb.scope", "/any/where"] {
            if let Some(about) = find(dir.path(), group) {
                prop_assert!(serde_json::from_slice::<Value>(&about.to_json()).is_ok());
            }
        }
        let others = root(&[
            ("var/lib/containers/storage/overlay-containers/{}/userdata/config.json", &text),
            ("var/lib/containers/storage/overlay-containers/containers.json", &listed),
            ("var/lib/containers/storage/overlay-images/images.json", &text),
            ("run/runc/{}/state.json", &text), ("var/lib/cni/results/x-{}", &text),
        ]);
        let found = find(others.path(), "/libpod-{}.scope");
        prop_assert!(found.is_some(), "a container is told, whatever else stands in its files");
        let tasks = root(&[
            ("run/containerd/io.containerd.runtime.v2.task/k8s.io/{}/config.json", &text),
            ("var/lib/containerd/io.containerd.grpc.v1.cri/containers/{}/status", &text),
        ]);
        let _ = find(tasks.path(), "/kubepods/{}");
    }

    #[test]
    fn no_group_does_harm(path in prop::collection::vec(any::<u8>(), 0..200)) {
        let dir = root(&[]);
        let _ = Finder::new(&Root::new(dir.path())).find(&path);
    }
}
