//! User list blocks, versions 1 and 2: users and groups of the machine.
//!
//! An entry: in version 2 its length, then type (1; 0 user, 1 group), uid (4, users only), gid (4), and
//! strings behind their lengths (2): name, and for users home directory and shell.
//!
//! Source: `scap_write_userlist` of falcosecurity/libs.

use super::{fields::Fields, frame, kind::USERS_V2};
use crate::snapshot::{Group, User};

/// Longest string libscap reads back, bytes.
const MAX_TEXT: u16 = 255;

const USER: u8 = 0;
const GROUP: u8 = 1;

/// Appends a user list block. Strings are cut to 255 bytes, as libscap reads them back.
pub fn encode(out: &mut Vec<u8>, users: &[User], groups: &[Group]) {
    frame::put(out, USERS_V2, |out| {
        for user in users {
            frame::put_sized(out, |out| {
                out.push(USER);
                out.extend_from_slice(&user.uid.to_le_bytes());
                out.extend_from_slice(&user.gid.to_le_bytes());
                frame::put_text(out, &user.name, MAX_TEXT);
                frame::put_text(out, &user.homedir, MAX_TEXT);
                frame::put_text(out, &user.shell, MAX_TEXT);
            });
        }
        for group in groups {
            frame::put_sized(out, |out| {
                out.push(GROUP);
                out.extend_from_slice(&group.gid.to_le_bytes());
                frame::put_text(out, &group.name, MAX_TEXT);
            });
        }
    });
}

/// Users, groups, and whether the whole body made sense.
type Decoded = (Vec<User>, Vec<Group>, bool);

/// Reads the body of a user list. The flag tells whether the whole body made sense; if not, the entries
/// before the nonsense are there.
pub(crate) fn decode(body: &[u8], sized: bool, big_endian: bool) -> Decoded {
    let mut fields = Fields::new(body, big_endian);
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    while fields.left() >= 4 {
        let read = if sized {
            fields.sized_entry().and_then(|mut entry| decode_entry(&mut entry, &mut users, &mut groups))
        } else {
            decode_entry(&mut fields, &mut users, &mut groups)
        };
        if read.is_none() {
            return (users, groups, false);
        }
    }
    (users, groups, true)
}

fn decode_entry(f: &mut Fields<'_>, users: &mut Vec<User>, groups: &mut Vec<Group>) -> Option<()> {
    match f.u8()? {
        USER => users.push(User {
            uid: f.u32()?,
            gid: f.u32()?,
            name: f.text()?,
            homedir: f.text()?,
            shell: f.text()?,
        }),
        GROUP => groups.push(Group { gid: f.u32()?, name: f.text()? }),
        // A type of a newer writer: its length, where there is one, has already stepped over it.
        _ => f.is_entry().then_some(())?,
    }
    Some(())
}
