//! Real containers, recorded and analyzed: runc, crun and podman, with a root directory made of installed programs.
//!
//! Needs root, eBPF and the runtimes; where something is missing, the test says so and passes.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and says what it left out"
)]

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// In meaning that of Falco's stable rules.
const RULES: &str = "
- rule: Terminal in a container
  desc: A shell with a terminal was started in a container.
  condition: >
    evt.type in (execve, execveat) and container.id != host and proc.tty != 0 and proc.name in (bash, dash, sh)
    and (not proc.pname exists or proc.pname in (runc, crun, conmon))
  output: >
    terminal id=%container.id name=%container.name image=%container.image.repository tag=%container.image.tag
    command=%proc.cmdline
  priority: NOTICE
";

const PROGRAMS: [&str; 4] = ["bash", "sleep", "cat", "true"];

fn scap(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scap")).args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Why the test is left out, if one of `programs` is missing, or the user may not do it.
fn missing(programs: &[&str]) -> Option<String> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if text(&id.stdout).trim() != "0" {
        return Some("needs root".to_owned());
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Some("needs a kernel with BTF".to_owned());
    }
    programs.iter().find(|program| installed(program).is_none()).map(|program| format!("needs {program}"))
}

fn installed(program: &str) -> Option<PathBuf> {
    let dirs = ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    dirs.iter().map(|dir| Path::new(dir).join(program)).find(|path| path.exists())
}

/// A folder with a root directory in it, and what runs from there.
struct Place {
    dir: PathBuf,
    /// What to call: the runtime itself, or a script that calls it.
    runtime: String,
    containers: Vec<String>,
}

impl Place {
    fn new(test: &str, runtime: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        let root = dir.join("rootfs");
        for sub in ["bin", "proc", "sys", "dev", "tmp", "etc"] {
            std::fs::create_dir_all(root.join(sub)).unwrap();
        }
        for program in PROGRAMS {
            let path = installed(program).unwrap();
            std::fs::copy(&path, root.join("bin").join(program)).unwrap();
            let libraries = Command::new("ldd").arg(&path).output().unwrap().stdout;
            for library in text(&libraries).split_whitespace().filter(|word| word.starts_with('/')) {
                let copy = root.join(library.trim_start_matches('/'));
                std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
                std::fs::copy(library, copy).unwrap();
            }
        }
        let runtime = if runtime == "crun" { without_version_2(&dir) } else { runtime.to_owned() };
        Self { dir, runtime, containers: Vec::new() }
    }

    fn at(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// Starts a container that sleeps. Its runtime's refusal, if it does not want to.
    fn start(&mut self, id: &str, image: &str) -> Result<(), String> {
        let spec = Command::new(&self.runtime).arg("spec").current_dir(&self.dir).output().unwrap();
        assert!(spec.status.success(), "{}", text(&spec.stderr));
        let path = self.dir.join("config.json");
        let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        config["process"]["terminal"] = json!(false);
        config["process"]["args"] = json!(["/bin/sleep", "300"]);
        config["process"]["rlimits"] = json!([]);
        config["annotations"] = json!({ "org.opencontainers.image.ref.name": image });
        let bundle = self.dir.join(id);
        std::fs::create_dir_all(&bundle).unwrap();
        config["root"]["path"] = json!(self.at("rootfs"));
        std::fs::write(bundle.join("config.json"), config.to_string()).unwrap();
        std::fs::remove_file(path).unwrap();
        let said = std::fs::File::create(bundle.join("said")).unwrap();
        let status = Command::new(&self.runtime)
            .args(["run", "--detach", id])
            .current_dir(&bundle)
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .status()
            .unwrap();
        if !status.success() {
            return Err(std::fs::read_to_string(bundle.join("said")).unwrap());
        }
        self.containers.push(id.to_owned());
        Ok(())
    }

    fn alerts(&self, trace: &str) -> String {
        let rules = self.at("rules.yaml");
        std::fs::write(&rules, RULES).unwrap();
        let out = scap(&["analyze", trace, "--rules", &rules, "--no-suggested-output", "--quiet"]);
        text(&out.stdout)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for id in &self.containers {
            let _ = Command::new(&self.runtime).args(["delete", "--force", id]).output();
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// crun refuses to run where version 2 of control groups is mounted beside version 1: a script that hides it.
fn without_version_2(dir: &Path) -> String {
    let script = dir.join("crun");
    let text = "#!/bin/sh\n\
        exec unshare --mount sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec crun \"$@\"' crun \"$@\"\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    script.display().to_string()
}

/// Runs a shell with a terminal in a container.
fn shell(command: &str) {
    let out =
        Command::new("script").args(["-qec", command, "/dev/null"]).stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{}", text(&out.stdout));
}

/// A recording of the machine that goes on until it is stopped.
struct Recording(Child);

impl Recording {
    fn start(trace: &str, words: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_scap"))
            .args(["record", "--force", "--snapshot", "tree", "-o", trace])
            .args(words)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The first frame is on disk once the snapshot is.
        let deadline = Instant::now() + Duration::from_secs(30);
        while std::fs::metadata(trace).map_or(true, |about| about.len() < 200) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
        Self(child)
    }

    fn stop(self) {
        std::thread::sleep(Duration::from_millis(300));
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let out = self.0.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
}

fn read(trace: &str, filter: &str, format: &str) -> Vec<String> {
    let out = scap(&["read", trace, filter, "-p", format]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    text(&out.stdout).lines().map(str::to_owned).collect()
}

/// A container of a plain runtime that starts during the recording, and a shell in it.
fn a_shell_is_told(runtime: &str) {
    if let Some(why) = missing(&[runtime, "script", "ldd"]) {
        println!("skipped: {why}");
        return;
    }
    let mut place = Place::new(&format!("{runtime}-shell"), runtime);
    let (trace, id) = (place.at("t.zst"), format!("{runtime}-{}", std::process::id()));
    let recording = Recording::start(&trace, &[]);
    let started = place.start(&id, "docker.io/library/nginx:1.22");
    if started.is_ok() {
        shell(&format!("{} exec -t {id} /bin/bash -c 'cat /proc/version; true'", place.runtime));
    }
    recording.stop();
    if let Err(why) = started {
        println!("skipped: {runtime} refuses: {}", why.trim());
        return;
    }
    let alerts = place.alerts(&trace);
    let short: String = id.chars().take(12).collect();
    let wanted =
        format!("terminal id={short} name={id} image=docker.io/library/nginx tag=1.22 command=bash -c");
    assert!(alerts.contains(&wanted), "{wanted}\nis not in\n{alerts}");
    // The container is told right before its first event.
    let events = read(&trace, &format!("container.name = {id}"), "%evt.num %evt.type");
    assert!(events[0].ends_with(" container"), "{:?}", &events[..3]);
}

#[test]
fn a_shell_in_a_container_of_runc_is_told_with_name_and_image() {
    a_shell_is_told("runc");
}

#[test]
fn a_shell_in_a_container_of_crun_is_told_with_name_and_image() {
    a_shell_is_told("crun");
}

#[test]
fn one_container_is_recorded_with_hashes_of_what_it_runs_and_no_other() {
    if let Some(why) = missing(&["runc", "script", "ldd", "sha256sum"]) {
        println!("skipped: {why}");
        return;
    }
    let mut place = Place::new("choice", "runc");
    let [chosen, other] = ["chosen", "other"].map(|name| format!("{name}-{}", std::process::id()));
    for id in [&chosen, &other] {
        if let Err(why) = place.start(id, "debian:12") {
            println!("skipped: runc refuses: {}", why.trim());
            return;
        }
    }
    let trace = place.at("t.zst");
    let recording = Recording::start(&trace, &["--container", &chosen, "--hash-exes"]);
    for id in [&other, &chosen] {
        shell(&format!("runc exec -t {id} /bin/bash -c '(cat /proc/version); true'"));
    }
    recording.stop();
    assert_eq!(place.alerts(&trace).matches("terminal id=").count(), 1);
    let names = read(&trace, "evt.type in (execve, openat, clone, exit_group)", "%container.name");
    assert!(!names.is_empty() && names.iter().all(|name| *name == chosen), "{names:?}");
    let children = read(&trace, "evt.type = openat and proc.name = cat", "%fd.name");
    assert!(children.contains(&"/proc/version".to_owned()), "{children:?}");
    let notes = read(&trace, "evt.type = notification and evt.arg.id = scap.exe", "%evt.arg.desc");
    for program in ["bash", "cat", "sleep"] {
        let path = place.dir.join("rootfs/bin").join(program);
        let sum = Command::new("sha256sum").arg(path).output().unwrap().stdout;
        let sum = text(&sum).split(' ').next().unwrap().to_owned();
        let found: Vec<_> =
            notes.iter().filter(|note| note.ends_with(&format!(" path=/bin/{program}"))).collect();
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("sha256={sum} ")),
            "{program}: {sum} in {notes:?}"
        );
    }
}

#[test]
fn a_container_that_does_not_run_is_refused_with_those_that_do() {
    if let Some(why) = missing(&[]) {
        println!("skipped: {why}");
        return;
    }
    let trace = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("none-{}.zst", std::process::id()));
    let out = scap(&["record", "--container", "no-such-container", "-o", &trace.display().to_string()]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("no running container \"no-such-container\""),
        "{}",
        text(&out.stderr)
    );
    assert!(!trace.exists());
}

/// Podman with runc, which takes control groups of any version.
fn podman(words: &[&str]) -> Result<String, String> {
    let runc = installed("runc").unwrap();
    let out =
        Command::new("podman").arg("--runtime").arg(runc).args(words).stdin(Stdio::null()).output().unwrap();
    if out.status.success() { Ok(text(&out.stdout).trim().to_owned()) } else { Err(text(&out.stderr)) }
}

#[test]
fn a_container_of_podman_that_runs_already_is_told_with_image_and_mounts() {
    if let Some(why) = missing(&["podman", "runc", "conmon", "script", "ldd", "tar"]) {
        println!("skipped: {why}");
        return;
    }
    let place = Place::new("podman", "runc");
    let (trace, name) = (place.at("t.zst"), format!("scap-test-{}", std::process::id()));
    let image = format!("localhost/scap-test-{}:7", std::process::id());
    let (archive, root) = (place.at("image.tar"), place.at("rootfs"));
    assert!(Command::new("tar").args(["-C", &root, "-cf", &archive, "."]).status().unwrap().success());
    let source = format!("{}:/data:ro", place.at("rootfs"));
    let started = podman(&["import", &archive, &image]).and_then(|_| {
        let limits = ["--ulimit", "nofile=512:512", "--ulimit", "nproc=512:512"];
        let about = ["--network", "none", "--volume", &source, "--name", &name];
        podman(&[&["run", "--detach"], &limits[..], &about, &[&image, "/bin/sleep", "300"]].concat())
    });
    let recorded = started.inspect(|_| {
        let recording = Recording::start(&trace, &["--container", &name]);
        shell(&format!(
            "podman --runtime {} exec -t {name} /bin/bash -c true",
            installed("runc").unwrap().display()
        ));
        recording.stop();
    });
    for words in [["rm", "--force", "--time=0", &name], ["rmi", "--force", "--ignore", &image]] {
        let _ = podman(&words);
    }
    let id = match recorded {
        Ok(id) => id,
        Err(why) => {
            println!("skipped: podman refuses: {}", why.trim());
            return;
        }
    };
    let alerts = place.alerts(&trace);
    let repository = image.trim_end_matches(":7");
    let wanted =
        format!("terminal id={} name={name} image={repository} tag=7 command=bash -c true", &id[..12]);
    assert!(alerts.contains(&wanted), "{wanted}\nis not in\n{alerts}");
    let about = read(
        &trace,
        "evt.type = execve and proc.name = bash",
        "%container.full_id %container.type %container.privileged %container.mount.dest[rootfs*] %container.mount.mode[rootfs*]",
    );
    assert_eq!(about[0], format!("{id} podman false /data ro"));
}

/// What Falco's own rules say of the samples, where they are.
#[test]
fn falcos_rule_about_terminals_fires_on_the_sample() {
    let Some(rules) = std::env::var_os("FALCO_RULES").map(PathBuf::from) else {
        println!("skipped: FALCO_RULES names no directory");
        return;
    };
    let rules = rules.join("falco_rules.yaml").display().to_string();
    let trace = format!("{}/../samples/traces/nginx-shell.zst", env!("CARGO_MANIFEST_DIR"));
    let out = text(&scap(&["analyze", &trace, "--rules", &rules, "--quiet"]).stdout);
    let wanted = "container_id=f211d9c9e208 container_name=shop-web container_image_repository=nginx container_image_tag=1.22";
    assert!(out.contains("A shell was spawned in a container") && out.contains(wanted), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
}
