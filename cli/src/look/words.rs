//! Acts in words.

use scap_account::ActKind;

/// What was done, as a verb to which its object is added.
pub(crate) const fn verb(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Executed => "ran",
        ActKind::ExecutedFresh => "ran new program",
        ActKind::WroteSystemFile => "wrote",
        ActKind::ReadSecret => "read secret",
        ActKind::Deleted => "removed",
        ActKind::Moved => "moved or linked",
        ActKind::ChangedFile => "changed",
        ActKind::Listened => "listens on",
        ActKind::Connected => "connected",
        ActKind::Accepted => "accepted",
        ActKind::ChangedUser => "changed",
        ActKind::Traced => "took hold by",
        ActKind::Signalled => "sent",
        ActKind::LoadedIntoKernel => "loaded into the kernel:",
        ActKind::Mounted => "mounted",
        ActKind::ChangedNamespace => "namespace:",
        ActKind::ContainerStarted => "container started:",
        ActKind::Dropped => "recorder lost",
    }
}

/// How a failed attempt ended, with a blank in front; empty for success.
pub(crate) fn failure(error: i64) -> String {
    if error == 0 {
        return String::new();
    }
    let name = u32::try_from(error).ok().and_then(scap_schema::errno_name);
    name.map_or_else(|| format!(" (failed: error {error})"), |name| format!(" (failed: {name})"))
}
