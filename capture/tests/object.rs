//! The committed eBPF object is what its source gives.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect is to fail there")]
#![allow(clippy::print_stdout, reason = "skipped tests are said there")]

use scap_capture::plan::Kind;
use std::path::Path;
use std::process::Command;

fn bpf() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bpf")
}

#[test]
fn the_committed_object_is_what_the_pinned_compiler_makes_of_the_source() {
    for tool in ["clang-19", "llvm-strip-19"] {
        if Command::new(tool).arg("--version").output().is_err() {
            return println!("skipped the_committed_object_is_what_the_pinned_compiler_makes: no {tool}");
        }
    }
    let out = std::env::temp_dir().join(format!("scap-bpf-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    assert!(Command::new(bpf().join("build")).arg(&out).status().unwrap().success());
    let built = std::fs::read(out.join("scap.bpf.o")).unwrap();
    let _ = std::fs::remove_dir_all(&out);
    let committed = std::fs::read(bpf().join("scap.bpf.o")).unwrap();
    assert!(built == committed, "run capture/bpf/build and commit scap.bpf.o with its source");
}

#[test]
fn the_object_names_no_place_of_the_machine_it_was_built_on() {
    let object = std::fs::read(bpf().join("scap.bpf.o")).unwrap();
    let here = env!("CARGO_MANIFEST_DIR").as_bytes();
    for place in [here, b"/home/", b"/root/", b"/usr/"] {
        assert!(!object.windows(place.len()).any(|w| w == place), "{}", place.escape_ascii());
    }
}

/// The number of `name` in an enumeration of the header that counts up from the last number given.
fn number_of(header: &str, name: &str) -> Option<u32> {
    let mut next = 0;
    let stripped: String =
        header.lines().map(|l| l.split("/*").next().unwrap_or("").to_owned() + "\n").collect();
    for item in stripped.split([',', '{', '}', ';']).map(str::trim) {
        let (item, value) = item.split_once('=').map_or((item, None), |(n, v)| (n.trim(), Some(v.trim())));
        if let Some(value) = value {
            next = value.parse().ok()?;
        }
        if item == name {
            return Some(next);
        }
        next += 1;
    }
    None
}

#[test]
fn the_kernel_side_has_the_same_numbers_for_what_is_to_be_captured() {
    let header = std::fs::read_to_string(bpf().join("plan.h")).unwrap();
    let kinds = [
        ("OP_TEXT", Kind::Text),
        ("OP_DATA", Kind::Data),
        ("OP_MEM", Kind::Mem),
        ("OP_IOV", Kind::Vector),
        ("OP_MSG", Kind::Message),
        ("OP_MMSG", Kind::Messages),
        ("OP_ADDR", Kind::Address),
        ("OP_TUPLE", Kind::Tuple),
        ("OP_FILE", Kind::File),
        ("OP_QUEUE", Kind::Queue),
        ("OP_VM", Kind::Memory),
        ("OP_CAPS", Kind::Capabilities),
        ("OP_PATH", Kind::Path),
        ("OP_FDS", Kind::Polled),
        ("OP_PAIR", Kind::Sockets),
        ("OP_PIPE", Kind::Pipe),
        ("OP_TASK", Kind::Task),
        ("OP_ARGS", Kind::Args),
        ("OP_ENV", Kind::Env),
        ("OP_STRINGS", Kind::Strings),
        ("OP_CGROUPS", Kind::Cgroups),
        ("OP_EXE", Kind::Exe),
        ("OP_FILENAME", Kind::Filename),
        ("OP_LENPTR", Kind::DataBehind),
    ];
    for (name, kind) in kinds {
        assert_eq!(number_of(&header, name), Some(kind as u32), "{name}");
    }
}
