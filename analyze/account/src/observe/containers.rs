//! Containers, each by its first appearance, as last described.

use std::sync::Arc;

use hashbrown::HashMap;
use scap_state::{Bytes, Container, State};

/// Most containers; as many as a state keeps.
const MOST: usize = 65_536;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) list: Vec<Arc<Container>>,
    by_id: HashMap<Bytes, u32>,
}

impl Seen {
    /// Position of the container called `id`, and whether it is new; `None` for the host and if there are too many.
    pub(super) fn place(&mut self, id: &Bytes, state: &State) -> Option<(u32, bool)> {
        if id.is_empty() {
            return None;
        }
        if let Some(&at) = self.by_id.get(id) {
            return Some((at, false));
        }
        let container = state.containers().at(id).cloned().unwrap_or_else(|| {
            // Nothing describes it, but that processes run in it is known.
            let mut nameless = Container::default();
            nameless.id = String::from_utf8_lossy(id).into_owned();
            Arc::new(nameless)
        });
        self.add(id.clone(), container).map(|at| (at, true))
    }

    /// Takes in what an event says of a container.
    pub(super) fn describe(&mut self, container: &Arc<Container>) {
        let id = container.id.as_bytes();
        match self.by_id.get(id).and_then(|&at| self.list.get_mut(at as usize)) {
            Some(known) => known.clone_from(container),
            None => {
                self.add(Bytes::from(id), container.clone());
            }
        }
    }

    /// Takes the last word on every container from the state.
    pub(super) fn settle(&mut self, state: &State) {
        for known in &mut self.list {
            if let Some(described) = state.containers().at(known.id.as_bytes()) {
                known.clone_from(described);
            }
        }
    }

    fn add(&mut self, id: Bytes, container: Arc<Container>) -> Option<u32> {
        if &*id == b"host" || self.list.len() >= MOST {
            return None;
        }
        let at = u32::try_from(self.list.len()).ok()?;
        self.list.push(container);
        self.by_id.insert(id, at);
        Some(at)
    }
}
