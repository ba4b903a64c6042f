//! `container.*`: the container that the process runs in.
//!
//! The id comes from control groups; everything else from container events in the trace, and is missing for a
//! container that no event describes. The host counts as a container called `host`. Semantics: Falco's
//! container plugin.

pub(crate) mod about;
pub(crate) mod image;
pub(crate) mod labels;
pub(crate) mod mounts;

use scap_state::Container;

use super::Fields;

/// What the trace says of the container: of the one that the event describes, or else of the thread's.
pub(super) fn described<'s>(f: &'s Fields<'_>) -> Option<&'s Container> {
    if let Some(container) = f.state.event_container() {
        return Some(container);
    }
    f.state.container(f.thread?).map(|container| &**container)
}
