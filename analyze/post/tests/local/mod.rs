//! A small HTTP/1.1 receiver on this machine that does what a test tells it, and keeps what it was sent.
#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a request is answered with.
pub(crate) enum Answer {
    /// This status and body, and the connection stays.
    Say(u16, &'static str),
    /// These bytes, and the connection stays.
    Bytes(Vec<u8>),
    /// These bytes, and the connection is closed.
    Cut(Vec<u8>),
    /// These bytes one by one, with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Nothing, for as long as the other side keeps the connection.
    Hang,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Request line and headers.
    pub(crate) head: String,
    /// What was sent.
    pub(crate) body: String,
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
}

/// A receiver that runs until the test ends.
pub(crate) struct Local {
    /// Where it is.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

/// What a connection is read from and written to.
pub(crate) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Local {
    /// Begins to answer requests with what `answers` gives for the nth of them.
    pub(crate) fn start(answers: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_within(answers, |socket| Some(Box::new(socket)))
    }

    /// As [`Local::start`], with connections that `wrap` makes of sockets.
    pub(crate) fn start_within(
        answers: impl Fn(usize) -> Answer + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answers, wrap) = (Arc::clone(&seen), Arc::new(answers), Arc::new(wrap));
        std::thread::spawn(move || {
            for (connection, socket) in listener.incoming().enumerate() {
                let (kept, answers, wrap) = (Arc::clone(&kept), Arc::clone(&answers), Arc::clone(&wrap));
                std::thread::spawn(move || {
                    if let Some(stream) = wrap(socket.unwrap()) {
                        converse(stream, connection, &kept, &*answers);
                    }
                });
            }
        });
        Self { url, seen }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The bodies of the requests so far.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.seen().into_iter().map(|request| request.body).collect()
    }
}

/// A place where connections are made by the kernel and never accepted.
pub(crate) fn deaf() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// A place where nobody listens.
pub(crate) fn nobody() -> String {
    deaf().1
}

fn converse(
    stream: Box<dyn Stream>,
    connection: usize,
    seen: &Mutex<Vec<Request>>,
    answers: &dyn Fn(usize) -> Answer,
) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream, connection) {
        let nth = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            seen.len() - 1
        };
        let out = stream.get_mut();
        let written = match answers(nth) {
            Answer::Say(status, text) => {
                let length = text.len();
                // In one piece: several small ones would wait for each other.
                out.write_all(
                    format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\n\r\n{text}").as_bytes(),
                )
            }
            Answer::Bytes(bytes) => out.write_all(&bytes),
            Answer::Cut(bytes) => {
                let _ = out.write_all(&bytes).and_then(|()| out.flush());
                return;
            }
            Answer::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
                std::thread::sleep(pause);
                out.write_all(&[*byte]).and_then(|()| out.flush())
            }),
            Answer::Hang => {
                let _ = stream.read_to_end(&mut Vec::new());
                return;
            }
        };
        if written.and_then(|()| stream.get_mut().flush()).is_err() {
            return;
        }
    }
}

/// The next request; `None` once there is none.
fn read(stream: &mut impl BufRead, connection: usize) -> Option<Request> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).unwrap(), connection })
}
