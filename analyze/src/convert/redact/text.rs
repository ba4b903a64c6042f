//! Blanking inside strings: paths that match, the host's name, arguments, environment.
//!
//! Everything happens in place and keeps lengths and NULs, so that lists stay lists.

use scap_state::concatenate;

use super::Redaction;

/// The rules, and the name of the host they are applied on.
#[derive(Clone, Copy)]
pub(super) struct Scrubber<'a> {
    pub(super) rules: &'a Redaction,
    pub(super) host: &'a [u8],
}

/// Overwrites everything but NULs.
pub(super) fn blank(text: &mut [u8]) {
    text.iter_mut().filter(|byte| **byte != 0).for_each(|byte| *byte = b'*');
}

impl Scrubber<'_> {
    /// A string of any kind. With `base`, the directory that relative paths start from, relative paths in it are
    /// judged, too.
    pub(super) fn text(&self, text: &mut [u8], base: Option<&[u8]>) {
        self.hide_host(text);
        if self.rules.paths.is_empty() {
            return;
        }
        if self.is_hidden(bare(text), base) {
            return blank(text);
        }
        // Long words first: what may stand between paths may also stand in one.
        for words in text.split_mut(|&byte| ends_words(byte)) {
            if self.is_hidden(words, base) {
                blank(words);
                continue;
            }
            for word in words.split_mut(|&byte| ends_word(byte)) {
                if self.is_hidden(word, base) {
                    blank(word);
                }
            }
        }
    }

    /// The name a process was started by. Processes that write a title put their arguments there.
    pub(super) fn exe(&self, exe: &mut [u8]) {
        let end = exe.iter().position(|&byte| byte == b' ').unwrap_or(exe.len());
        if let (true, Some(title)) = (self.rules.args, exe.get_mut(end..)) {
            blank(title);
        }
        self.text(exe, None);
    }

    /// Strings, each closed by NUL.
    pub(super) fn list(&self, list: &mut [u8], base: Option<&[u8]>) {
        list.split_mut(|&byte| byte == 0).for_each(|text| self.text(text, base));
    }

    /// Arguments of a process that works in `base`.
    pub(super) fn args(&self, args: &mut [u8], base: Option<&[u8]>) {
        if self.rules.args {
            return blank(args);
        }
        self.list(args, base);
    }

    /// Environment: names of variables stay.
    pub(super) fn env(&self, env: &mut [u8]) {
        if !self.rules.env {
            return self.list(env, None);
        }
        for entry in env.split_mut(|&byte| byte == 0) {
            let name = entry.iter().position(|&byte| byte == b'=').filter(|&at| is_name(entry, at));
            match entry.split_at_mut_checked(name.map_or(0, |at| at + 1)) {
                Some((_, value)) => blank(value),
                None => blank(entry),
            }
        }
    }

    /// Whether `path` is one to be hidden.
    pub(super) fn is_hidden(&self, path: &[u8], base: Option<&[u8]>) -> bool {
        let matches = |path: &[u8]| self.rules.paths.iter().any(|pattern| pattern.matches(path));
        if path.is_empty() {
            return false;
        }
        matches(path)
            || base.is_some_and(|base| {
                let relative = !path.starts_with(b"/") && !path.starts_with(b"-");
                relative && matches(&concatenate(base, path))
            })
            || (path.starts_with(b"/") && matches(&concatenate(b"", path)))
    }

    /// Overwrites the host's name where it is a word of its own.
    fn hide_host(&self, text: &mut [u8]) {
        let len = self.host.len();
        if !self.rules.hostname || len == 0 {
            return;
        }
        let mut at = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.windows(len).position(|w| w == self.host))
        {
            let (start, end) = (at + found, at + found + len);
            let is_part =
                |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
            let alone = !is_part(start.checked_sub(1)) && !is_part(Some(end));
            if alone && let Some(name) = text.get_mut(start..end) {
                blank(name);
            }
            at = start + 1;
        }
    }
}

/// Without a closing NUL.
fn bare(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\0").unwrap_or(text)
}

/// Bytes that paths on command lines and in settings stand between.
fn ends_words(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f || b"'\"`=".contains(&byte)
}

/// Bytes that paths in lists stand between.
fn ends_word(byte: u8) -> bool {
    b":,;()|&<>[]{}@".contains(&byte)
}

/// Whether the first `len` bytes can be the name of a variable. Processes that write their title over their
/// environment leave other things there.
fn is_name(entry: &[u8], len: usize) -> bool {
    let name = entry.get(..len).unwrap_or_default();
    !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(names: &[&str]) -> Redaction {
        let mut rules = Redaction::default();
        names.iter().for_each(|name| rules.add(name).unwrap());
        rules
    }

    fn scrubbed(names: &[&str], text: &str, work: impl Fn(&Scrubber<'_>, &mut [u8])) -> String {
        let mut bytes = text.as_bytes().to_vec();
        work(&Scrubber { rules: &rules(names), host: b"web1" }, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn names_of_variables_stay_and_everything_else_of_an_environment_goes() {
        let env = |text| scrubbed(&["env"], text, |s, bytes| s.env(bytes));
        assert_eq!(env("A=secret\0B=\0title: -p=x\0"), "A=******\0B=\0***********\0");
    }

    #[test]
    fn paths_go_wherever_they_stand() {
        let args = |text| scrubbed(&["paths=/srv/secret/*"], text, |s, bytes| s.args(bytes, Some(b"/srv/")));
        assert_eq!(
            args("cat\0/srv/secret/a\0--f=/srv/secret/b\0"),
            "cat\0*************\0--f=*************\0"
        );
        assert_eq!(args("-c\0rm 'secret/a'; ls\0"), "-c\0rm '********'; ls\0");
        assert_eq!(args("/srv/x/../secret/a"), "******************");
        assert_eq!(
            args("me@host:/srv/secret/a@b;/srv/secret/c:/bin"),
            "me@host:*************@b;*************:/bin"
        );
        assert_eq!(args("/srv/secret/a@b"), "***************");
    }

    #[test]
    fn titles_that_processes_write_count_as_arguments() {
        let exe = |text| scrubbed(&["args"], text, |s, bytes| s.exe(bytes));
        assert_eq!(exe("sshd: ann [priv]\0"), "sshd:***********\0");
        assert_eq!(exe("/bin/sh\0"), "/bin/sh\0");
    }

    #[test]
    fn the_name_of_the_host_goes_as_a_word_only() {
        let text = |text| scrubbed(&["hostname"], text, |s, bytes| s.text(bytes, None));
        assert_eq!(
            text("web1 web1.example web12 xweb1 root@web1"),
            "**** ****.example web12 xweb1 root@****"
        );
    }
}
