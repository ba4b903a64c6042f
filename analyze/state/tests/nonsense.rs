//! Whatever comes, the state takes it: no panic, no hang, bounded tables, and the same for the same events.
#![allow(clippy::unwrap_used, reason = "what is missing fails the test")]

mod machine;

use machine::Machine;
use scap_format::EventBuf;
use scap_schema::code;
use scap_state::{Anomaly, State, thread_flags};

/// A small generator, so that a failure is repeatable by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn bytes(&mut self) -> Vec<u8> {
        let small = [0i64, 1, -1, 2, 3, 5, 100, 101, 102, -100, i64::MAX, i64::MIN];
        match self.below(10) {
            0 => Vec::new(),
            1..=5 => self.pick(&small).to_le_bytes().to_vec(),
            6 => u32::try_from(self.below(1 << 31)).unwrap().to_le_bytes().to_vec(),
            7 => self.pick(&[&b"/etc/x\0"[..], b"..\0", b"a/b", b"\0", b"cpu=/docker/x\0"]).to_vec(),
            8 => {
                let family = self.pick(&[1u8, 2, 10, 16, 200]);
                let len = self.below(40);
                std::iter::once(family).chain((0..len).map(|i| (i % 5).to_le_bytes()[0])).collect()
            }
            _ => (0..self.below(64)).map(|_| self.roll().to_le_bytes()[0]).collect(),
        }
    }

    fn event(&mut self, ts: u64) -> EventBuf {
        let code = u16::try_from(self.below(460)).unwrap();
        let tid = self.pick(&[-1i64, 0, 1, 2, 3, 5, 100, 101, 102, 200, i64::MAX, i64::MIN]);
        let mut buf = EventBuf::new(code, ts, tid);
        buf.cpu = u16::try_from(self.below(9)).unwrap() * 8000;
        let len = scap_schema::event(code).map_or(3, |i| i.params.len() as u64);
        for _ in 0..len.saturating_sub(self.below(2)) {
            let bytes = self.bytes();
            buf.push(&bytes);
        }
        buf
    }
}

/// Asks everything a reader may ask about the event just applied.
fn ask(state: &State) -> usize {
    let mut sum = 0;
    if let Some(t) = state.thread() {
        sum += state.ancestors(t).count() + state.fds(t).map_or(0, |f| f.len());
        sum += state.cwd(t).len() + state.env(t).len() + state.fd_count(t);
        for n in 0..4 {
            sum += usize::from(state.ancestor(t, n).is_some());
        }
        for which in
            [scap_state::Leader::Session, scap_state::Leader::VirtualGroup, scap_state::Leader::Group]
        {
            sum += usize::from(state.leader(t, which).is_some());
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        state.resolve(Some(t), state.fd_num(), b"x/../y", &mut a, &mut b);
        sum += b.len() + usize::from(state.container(t).is_some());
    }
    sum + state.fd().map_or(0, |fd| fd.name.len())
}

#[test]
fn random_events_never_stop_the_state_and_repeat_exactly() {
    for seed in 1..=30u64 {
        let run = || {
            let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut m = Machine::new();
            let mut sum = 0;
            for i in 0..3000u64 {
                let buf = dice.event(i * 1_000_000);
                m.state.apply(&buf.as_event());
                sum += ask(&m.state);
            }
            (sum, m.state.thread_count(), m.state.epoch(), m.state.anomalies().clone())
        };
        assert_eq!(run(), run(), "seed {seed}");
    }
}

#[test]
fn every_event_type_without_any_parameter_is_taken() {
    let mut m = Machine::new();
    for tid in [100, 4242, -1] {
        for info in scap_schema::events() {
            let buf = EventBuf::new(info.code, 5, tid);
            m.state.apply(&buf.as_event());
            ask(&m.state);
        }
    }
}

#[test]
fn an_unknown_event_code_is_counted() {
    let mut m = Machine::new();
    let mut buf = EventBuf::new(9999, 1, 100);
    buf.num = 77;
    m.state.apply(&buf.as_event());
    let tally = m.state.anomalies().of(Anomaly::UnknownEvent);
    assert_eq!((tally.count, tally.first_event), (1, 77));
}

#[test]
fn the_thread_table_is_bounded() {
    let mut state = State::new();
    let mut buf = EventBuf::default();
    for tid in 0..262_200i64 {
        buf.reset(code::SYSCALL_SETSID_X, 1, tid);
        buf.push(&(-1i64).to_le_bytes());
        state.apply(&buf.as_event());
    }
    assert_eq!(state.thread_count(), 262_144);
    assert_eq!(state.anomalies().of(Anomaly::ThreadTableFull).count, 56);
    assert!(state.thread().is_none());
}

#[test]
fn an_fd_table_is_bounded() {
    let mut m = Machine::new();
    for fd in 3..5000 {
        m.open(100, fd, "/f");
    }
    assert_eq!(m.state.fd_count(m.thread(100)), 4096);
    assert_eq!(m.state.anomalies().of(Anomaly::FdTableFull).count, 5000 - 4096);
    assert!(m.state.fd().is_none());
}

#[test]
fn huge_processes_and_long_lines_of_descent_end_in_reasonable_time() {
    const N: i64 = 60_000;
    let mut m = Machine::new();
    // One process of many threads, all of which exit.
    for tid in 1000..1000 + N {
        m.clone_parent(100, tid, "t", thread_flags::CLONE_THREAD);
    }
    assert_eq!(m.state.live_threads(m.thread(100)), 60_001);
    for tid in 1000..1000 + N {
        m.exit(tid, -1);
    }
    m.tick();
    assert_eq!(m.state.live_threads(m.thread(100)), 1);
    // Every process the child of the one before, the oldest exiting first.
    for tid in 200_000..200_000 + N {
        m.clone_parent(tid - i64::from(tid > 200_000), tid, "p", 0);
    }
    assert!(m.state.ancestors(m.thread(200_000 + N - 1)).count() <= 1024);
    for tid in 200_001..200_000 + N {
        m.exit(tid, -1);
    }
    m.tick();
    // One parent of many children.
    for tid in 400_000..400_000 + N {
        m.clone_parent(100, tid, "c", 0);
    }
    m.exit(100, -1);
    m.tick();
    assert!(m.state.find(100).is_none());
    assert_eq!(m.thread(400_000).ptid, 1);
    assert_eq!(m.thread(400_000 + N - 1).ptid, 0);
}
