//! Users and groups of a machine.
//!
//! Takes the bytes of `/etc/passwd` and `/etc/group`, gives their entries. Deliberately asks no name service:
//! a recorder on a suspect host must not load its modules nor talk to its directory servers.

use super::root::Root;
use super::text::{TABLE_LIMIT, lines, number, read_limited};
use scap_format::snapshot::{Group, User};

/// Users and groups below `root`; a missing file is an empty list.
pub(crate) fn read(root: &Root) -> (Vec<User>, Vec<Group>) {
    let table = |path| read_limited(&root.join(path), TABLE_LIMIT).unwrap_or_default();
    let users = lines(&table("etc/passwd")).filter_map(user).collect();
    let groups = lines(&table("etc/group")).filter_map(group).collect();
    (users, groups)
}

/// `name:password:uid:gid:comment:home:shell`.
fn user(line: &[u8]) -> Option<User> {
    let fields: Vec<&[u8]> = line.split(|&b| b == b':').collect();
    let text = |i: usize| fields.get(i).map(|field| field.to_vec()).unwrap_or_default();
    Some(User {
        uid: number(fields.get(2)?, 10)?,
        gid: number(fields.get(3)?, 10)?,
        name: text(0),
        homedir: text(5),
        shell: text(6),
    })
}

/// `name:password:gid:members`.
fn group(line: &[u8]) -> Option<Group> {
    let mut fields = line.split(|&b| b == b':');
    let name = fields.next()?.to_vec();
    Some(Group { gid: number(fields.nth(1)?, 10)?, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_on_every_machine() {
        let (users, groups) = read(&Root::default());
        assert!(users.iter().any(|user| user.uid == 0 && user.name == b"root"));
        assert!(groups.iter().any(|group| group.gid == 0 && group.name == b"root"));
    }

    #[test]
    fn another_root_has_its_own_users() {
        let dir = std::env::temp_dir().join(format!("scap-users-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("etc")).unwrap();
        std::fs::write(dir.join("etc/passwd"), "eve:x:7:8::/home/eve:/bin/sh\n# no\n+::::::\n").unwrap();
        let (users, groups) = read(&Root::new(&dir));
        std::fs::remove_dir_all(&dir).unwrap();
        let eve = User {
            uid: 7,
            gid: 8,
            name: b"eve".to_vec(),
            homedir: b"/home/eve".to_vec(),
            shell: b"/bin/sh".to_vec(),
        };
        assert_eq!(users, [eve]);
        assert!(groups.is_empty());
    }
}
