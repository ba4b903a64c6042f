//! Names of users and groups, of the host and of containers.
//!
//! The host's come from the snapshot and from events; a container's from events only, because its files are
//! not in the trace. User 0 of the host is root even if nobody said so. Source: `sinsp_usergroup_manager` of
//! falcosecurity/libs.

use hashbrown::HashMap;

use crate::bytes::Bytes;

/// Longest name, as libscap keeps it.
const MAX_NAME: usize = 255;

/// Most users and groups of one table together; a real machine stays far below.
const MAX_RECORDS: usize = 1 << 18;

/// One user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Login name.
    pub name: Bytes,
    /// Home directory.
    pub home: Bytes,
    /// Login shell.
    pub shell: Bytes,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRecord {
    /// Group id.
    pub gid: u32,
    /// Name.
    pub name: Bytes,
}

/// Users and groups by container; the host is the empty container id.
#[derive(Debug, Clone, Default)]
pub struct Users {
    tables: HashMap<Bytes, Names>,
    records: usize,
    /// Whether the host has user 0, and group 0: asked by every process that starts.
    has_root: (bool, bool),
}

#[derive(Debug, Clone, Default)]
struct Names {
    users: HashMap<u32, UserRecord>,
    groups: HashMap<u32, GroupRecord>,
}

impl Users {
    /// Whether nobody was ever told of.
    pub(crate) fn is_blank(&self) -> bool {
        self.tables.is_empty()
    }

    /// The user `uid` of `container` (empty for the host).
    #[must_use]
    pub fn user(&self, container: &[u8], uid: u32) -> Option<&UserRecord> {
        self.tables.get(container)?.users.get(&uid)
    }

    /// The group `gid` of `container` (empty for the host).
    #[must_use]
    pub fn group(&self, container: &[u8], gid: u32) -> Option<&GroupRecord> {
        self.tables.get(container)?.groups.get(&gid)
    }

    /// Users and groups of the host, by ascending id.
    pub(crate) fn of_host(&self) -> (impl Iterator<Item = &UserRecord>, impl Iterator<Item = &GroupRecord>) {
        let names = self.tables.get(&b""[..]);
        let mut users: Vec<_> = names.into_iter().flat_map(|names| names.users.values()).collect();
        let mut groups: Vec<_> = names.into_iter().flat_map(|names| names.groups.values()).collect();
        users.sort_by_key(|user| user.uid);
        groups.sort_by_key(|group| group.gid);
        (users.into_iter(), groups.into_iter())
    }

    /// All tables by ascending container id, with users and groups by ascending id.
    pub(crate) fn sorted(&self) -> Vec<(&Bytes, Vec<&UserRecord>, Vec<&GroupRecord>)> {
        let mut all: Vec<_> = self
            .tables
            .iter()
            .map(|(container, names)| {
                let mut users: Vec<_> = names.users.values().collect();
                let mut groups: Vec<_> = names.groups.values().collect();
                users.sort_unstable_by_key(|user| user.uid);
                groups.sort_unstable_by_key(|group| group.gid);
                (container, users, groups)
            })
            .collect();
        all.sort_unstable_by_key(|(container, ..)| *container);
        all
    }

    /// What [`Self::sorted`] gave, table by table; `false` if it does not fit.
    pub(crate) fn restore(
        &mut self,
        container: Bytes,
        users: Vec<UserRecord>,
        groups: Vec<GroupRecord>,
    ) -> bool {
        let names = Names {
            users: users.into_iter().map(|user| (user.uid, user)).collect(),
            groups: groups.into_iter().map(|group| (group.gid, group)).collect(),
        };
        self.records += names.users.len() + names.groups.len();
        let is_new = self.tables.insert(container, names).is_none();
        self.look_for_root();
        is_new && self.records <= MAX_RECORDS
    }

    /// Adds a user or renames a known one. `false` if the table is full.
    pub(crate) fn put_user(&mut self, container: &[u8], user: UserRecord) -> bool {
        // Lines of NIS begin with these and name nobody.
        if matches!(user.name.first(), Some(b'+' | b'-')) {
            return true;
        }
        let user = UserRecord { name: short(&user.name), ..user };
        if let Some(known) = self.tables.get_mut(container).and_then(|t| t.users.get_mut(&user.uid)) {
            let gid = known.gid;
            *known = UserRecord { gid, ..user };
            return true;
        }
        // Containers' own users are read from their files, which a trace does not hold.
        if !container.is_empty() {
            return true;
        }
        self.room() && {
            self.table(container).users.insert(user.uid, user);
            self.records += 1;
            self.look_for_root();
            true
        }
    }

    /// Adds a group or renames a known one. `false` if the table is full.
    pub(crate) fn put_group(&mut self, container: &[u8], group: GroupRecord) -> bool {
        if matches!(group.name.first(), Some(b'+' | b'-')) {
            return true;
        }
        let group = GroupRecord { name: short(&group.name), ..group };
        if let Some(known) = self.tables.get_mut(container).and_then(|t| t.groups.get_mut(&group.gid)) {
            *known = group;
            return true;
        }
        if !container.is_empty() {
            return true;
        }
        self.room() && {
            self.table(container).groups.insert(group.gid, group);
            self.records += 1;
            self.look_for_root();
            true
        }
    }

    pub(crate) fn remove_user(&mut self, container: &[u8], uid: u32) {
        if let Some(table) = self.tables.get_mut(container) {
            self.records -= usize::from(table.users.remove(&uid).is_some());
        }
        self.look_for_root();
    }

    pub(crate) fn remove_group(&mut self, container: &[u8], gid: u32) {
        if let Some(table) = self.tables.get_mut(container) {
            self.records -= usize::from(table.groups.remove(&gid).is_some());
        }
        self.look_for_root();
    }

    /// Whether somebody with uid 0 (gid 0) on the host is missing.
    pub(crate) const fn lacks_root(&self, uid: u32, gid: u32) -> bool {
        (uid == 0 && !self.has_root.0) || (gid == 0 && !self.has_root.1)
    }

    fn look_for_root(&mut self) {
        self.has_root = (self.user(b"", 0).is_some(), self.group(b"", 0).is_some());
    }

    /// Makes user and group 0 of the host known, as far as `uid` and `gid` ask for it.
    pub(crate) fn add_root(&mut self, uid: u32, gid: u32) {
        if uid == 0 && self.user(b"", 0).is_none() {
            self.put_user(
                b"",
                UserRecord {
                    uid,
                    gid,
                    name: Bytes::from(*b"root"),
                    home: Bytes::from(*b"/root"),
                    shell: Bytes::from(*b"<NA>"),
                },
            );
        }
        if gid == 0 && self.group(b"", 0).is_none() {
            self.put_group(b"", GroupRecord { gid, name: Bytes::from(*b"root") });
        }
    }

    fn room(&self) -> bool {
        self.records < MAX_RECORDS
    }

    fn table(&mut self, container: &[u8]) -> &mut Names {
        self.tables.entry_ref(container).or_default()
    }
}

fn short(name: &Bytes) -> Bytes {
    match name.get(..MAX_NAME) {
        Some(start) => Bytes::from(start),
        None => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(uid: u32, name: &str) -> UserRecord {
        UserRecord {
            uid,
            gid: uid,
            name: Bytes::from(name.as_bytes()),
            home: Bytes::default(),
            shell: Bytes::default(),
        }
    }

    #[test]
    fn a_user_is_found_until_removed() {
        let mut users = Users::default();
        assert!(users.put_user(b"", user(1000, "ann")));
        assert_eq!(&*users.user(b"", 1000).unwrap().name, b"ann");
        users.put_user(b"", user(1000, "bob"));
        assert_eq!(&*users.user(b"", 1000).unwrap().name, b"bob");
        users.remove_user(b"", 1000);
        assert!(users.user(b"", 1000).is_none());
    }

    #[test]
    fn root_is_known_once_asked_for() {
        let mut users = Users::default();
        assert!(users.lacks_root(0, 5));
        users.add_root(0, 5);
        assert_eq!(&*users.user(b"", 0).unwrap().home, b"/root");
        assert!(users.group(b"", 0).is_none());
        assert!(!users.lacks_root(0, 5));
    }

    #[test]
    fn lines_of_nis_name_nobody() {
        let mut users = Users::default();
        users.put_user(b"", user(7, "+nis"));
        assert!(users.user(b"", 7).is_none());
    }
}
