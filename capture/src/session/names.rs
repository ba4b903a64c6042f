//! Names of the traces of a series: `t.zst` becomes `t.0001.zst`, `t.0002.zst` and so on.
//!
//! Numbers have at least four digits, so that a listing by name is a listing by time.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    dir: PathBuf,
    stem: OsString,
    /// With its dot; may be empty.
    ending: OsString,
}

impl Names {
    /// The names made of `path`.
    pub(super) fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(OsStr::new("trace")).as_bytes();
        let dot = name.iter().rposition(|&byte| byte == b'.').filter(|&at| at > 0).unwrap_or(name.len());
        let (stem, ending) = name.split_at(dot);
        Self {
            dir: path.parent().unwrap_or(Path::new("")).to_owned(),
            stem: OsStr::from_bytes(stem).to_owned(),
            ending: OsStr::from_bytes(ending).to_owned(),
        }
    }

    /// The `number`th, from 1.
    pub(super) fn at(&self, number: u64) -> PathBuf {
        let mut name = self.stem.clone().into_vec();
        name.extend_from_slice(format!(".{number:04}").as_bytes());
        name.extend_from_slice(self.ending.as_bytes());
        self.dir.join(OsString::from_vec(name))
    }

    /// Those that are there already, in no order.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub(super) fn existing(&self) -> io::Result<Vec<PathBuf>> {
        let dir = if self.dir.as_os_str().is_empty() { Path::new(".") } else { &self.dir };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let name = entry?.file_name();
            if let Some(number) = self.number_of(name.as_bytes()) {
                found.push(self.at(number));
            }
        }
        Ok(found)
    }

    fn number_of(&self, name: &[u8]) -> Option<u64> {
        let number = name.strip_prefix(self.stem.as_bytes())?.strip_prefix(b".")?;
        let digits = number.strip_suffix(self.ending.as_bytes())?;
        let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
        // Not `+1`, nor `1` with another number of zeros in front.
        (digits == format!("{number:04}").as_bytes()).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_before_the_ending() {
        let at = |path: &str, number| Names::of(Path::new(path)).at(number).display().to_string();
        assert_eq!(at("/a/t.zst", 1), "/a/t.0001.zst");
        assert_eq!(at("t.b.zst", 12345), "t.b.12345.zst");
        assert_eq!(at("trace", 7), "trace.0007");
        assert_eq!(at("./.hidden", 7), "./.hidden.0007");
    }

    #[test]
    fn only_names_of_the_series_are_found() {
        let dir = tempfile::tempdir().unwrap();
        for name in
            ["t.0001.zst", "t.10000.zst", "t.zst", "t.1.zst", "t.00001.zst", "t.0002.scap", "u.0001.zst"]
        {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let mut found = Names::of(&dir.path().join("t.zst")).existing().unwrap();
        found.sort();
        assert_eq!(found, [dir.path().join("t.0001.zst"), dir.path().join("t.10000.zst")]);
    }
}
