//! Alerts to an HTTP receiver, as Falco's `http_output` sends them.
//!
//! Takes alerts in order ([`Post`] is a [`Sink`](scap_analyze::sink::Sink)) and the receiver they go to ([`Receiver`]);
//! gives a count of what was delivered ([`Delivery`]). Each alert is one `POST` whose body is the alert's JSON object
//! on one line, so that falcosidekick and response engines take it unchanged.
//!
//! - [`receiver`]: URL, headers, timeouts, certificates, checked before anything is sent.
//! - `queue`: what waits for the thread that sends, bounded in bytes.
//! - `sender`: that thread: order, attempts, pauses, when to give up.
//! - `attempt`: one request, and what its answer means.
//!
//! An answered request is never repeated, whatever the answer, but for 429 and 5xx, with which a receiver says that it has not
//! taken the alert. One that was not answered in time may have arrived and is repeated all the same.
//! A receiver that does not answer cannot hold up an analysis for longer than [`Receiver::longest_silence`].
//!
//! Deliberately knows nothing of terminals, command lines and the files certificates come from, and follows neither
//! redirects nor the proxies of the environment: evidence goes where the URL says, or nowhere.
#![forbid(unsafe_code)]

mod attempt;
mod post;
mod queue;
pub mod receiver;
mod sender;

pub use post::{Delivery, Post};
pub use receiver::{Mistake, Receiver};
