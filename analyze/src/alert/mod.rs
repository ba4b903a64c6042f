//! Alerts: what is said when a rule matches an event.
//!
//! An alert is complete in itself: made where the event and its state are at hand, written by any sink at
//! any later time.

mod make;

use std::collections::BTreeMap;
use std::sync::Arc;

use scap_rules::Priority;
use serde_json::Value as Json;

pub use make::{AlertMaker, AlertTime};

/// What Falco adds to the end of every rule's output unless told otherwise: where it happened, among containers.
pub const SUGGESTED_OUTPUT: &str = "container_id=%container.id container_name=%container.name \
    container_image_repository=%container.image.repository container_image_tag=%container.image.tag \
    k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name";

/// The rule of an alert, as far as alerts tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// Its number in its set.
    pub id: scap_rules::RuleId,
    /// Its name.
    pub name: String,
    /// How grave a match is.
    pub priority: Priority,
    /// Its event source.
    pub source: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
}

/// One match of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Number of the event in the trace, from 1.
    pub event: u64,
    /// Time of the event, ns since the epoch.
    pub ts: u64,
    /// The rule that matched.
    pub rule: Arc<AlertRule>,
    /// Name of the host that was recorded.
    pub hostname: Arc<str>,
    /// Time, priority and message, as Falco joins them.
    pub output: String,
    /// Fields that the message names, with the time; null for missing values.
    pub output_fields: BTreeMap<String, Json>,
}
