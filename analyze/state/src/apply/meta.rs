//! Events that user space writes: users, groups and containers that come and go.

use std::sync::Arc;

use scap_format::Event;
use scap_schema::code;

use super::args::{name, unknown};
use crate::anomaly::Anomaly;
use crate::bytes::Bytes;
use crate::container::{Container, ContainerKind};
use crate::state::State;
use crate::users::{GroupRecord, UserRecord, Users};

/// Names of the asynchronous events that Falco's container plugin writes.
const CONTAINER_ADDED: &[u8] = b"container";
const CONTAINER_REMOVED: &[u8] = b"container_removed";

impl State {
    pub(super) fn dispatch_meta(&mut self, event: &Event<'_>) {
        match event.code {
            code::USER_ADDED_E => self.on_user_added(event),
            code::USER_DELETED_E => {
                let uid = self.need(event.u32(0));
                let container = event.text(5).unwrap_or_default();
                self.edit_users(|users| {
                    users.remove_user(container, uid);
                    true
                });
            }
            code::GROUP_ADDED_E => {
                let gid = self.need(event.u32(0));
                let name = Bytes::from(self.need(name(event, 1)));
                let container = event.text(2).unwrap_or_default();
                self.edit_users(|users| users.put_group(container, GroupRecord { gid, name }));
            }
            code::GROUP_DELETED_E => {
                let gid = self.need(event.u32(0));
                let container = event.text(2).unwrap_or_default();
                self.edit_users(|users| {
                    users.remove_group(container, gid);
                    true
                });
            }
            code::CONTAINER_E => self.on_old_container(event),
            code::CONTAINER_JSON_E | code::CONTAINER_JSON_2_E => self.on_container_json(event, 0, true),
            code::ASYNCEVENT_E => match event.text(1) {
                Some(CONTAINER_ADDED) => self.on_container_json(event, 2, true),
                Some(CONTAINER_REMOVED) => self.on_container_json(event, 2, false),
                _ => {}
            },
            _ => {}
        }
    }

    fn on_user_added(&mut self, event: &Event<'_>) {
        let (uid, gid) = (self.need(event.u32(0)), self.need(event.u32(1)));
        let [name, home, shell] = [2, 3, 4].map(|at| Bytes::from(name(event, at).unwrap_or_default()));
        let container = event.text(5).unwrap_or_default();
        self.edit_users(|users| users.put_user(container, UserRecord { uid, gid, name, home, shell }));
    }

    /// Changes the tables of users; `change` gives `false` if there was no room.
    fn edit_users(&mut self, change: impl FnOnce(&mut Users) -> bool) {
        self.next_version();
        if !change(Arc::make_mut(&mut self.users)) {
            self.note(Anomaly::TableFull);
        }
    }

    /// Container events as they were before they carried JSON.
    fn on_old_container(&mut self, event: &Event<'_>) {
        let text = |at| String::from_utf8_lossy(event.text(at).unwrap_or_default()).into_owned();
        let kind = self.need(event.u32(1));
        let host = Container { cpu_shares: 1024, cpu_period: 100_000, ..Container::default() };
        let container = Container {
            id: text(0),
            kind: ContainerKind::from_code(kind.into()),
            name: text(2),
            image: text(3),
            ..host
        };
        self.add_container(container);
    }

    fn on_container_json(&mut self, event: &Event<'_>, at: usize, added: bool) {
        if unknown(event, at) {
            return;
        }
        let json = event.text(at).unwrap_or_default();
        let Some(container) = Container::from_json(json) else {
            self.note(Anomaly::BadContainer);
            return;
        };
        if added {
            self.add_container(container);
        } else {
            self.next_version();
            Arc::make_mut(&mut self.containers).remove(container.id.as_bytes());
            self.now.container = Some(Arc::new(container));
        }
    }

    fn add_container(&mut self, container: Container) {
        let container = Arc::new(container);
        self.now.container = Some(Arc::clone(&container));
        self.next_version();
        if Arc::make_mut(&mut self.containers).put(Arc::clone(&container)) {
            self.place_in(&container);
        } else {
            self.note(Anomaly::TableFull);
        }
    }
}
