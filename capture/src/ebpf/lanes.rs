//! The memory between kernel and recorder, one lane per CPU, read as one stream in the order of time.
//!
//! A lane is a few chunks that its CPU fills one after the other (`bpf/plan.h` describes them), without locks and, unlike a BPF
//! ring buffer, with interrupts on and without a counter that both sides write for each record. CPU time of one call and its
//! record, by `cargo xtask overhead` (unrecorded; with ring buffers; so): getppid 49, 115, 92 ns; read 67, 160, 133 ns. A CPU that comes while recording gets a spare lane, if one is left.
//!
//! A lane holds its CPU's records in order. The oldest head of all lanes is due when every lane has one, or
//! when it is older than the window: a record takes its time when its program starts and appears in the
//! lane microseconds later. Records stay where they are until they are due, so nothing is copied. Hot path.

use super::layout::{CHUNK, CHUNK_BYTES, LANE_BYTES, LANE_DONE};
use super::load::refused;
use super::memory::Shared;
use super::record;
use crate::CaptureError;
use aya::Ebpf;
use aya::maps::{Map, MapData, RingBuf};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::os::fd::AsFd;
use std::time::Duration;

/// How long a record may be on its way into its lane, ns.
pub(crate) const WINDOW: u64 = 3_000_000;

/// Lanes kept for CPUs that come later.
const SPARE: usize = 2;

/// How many chunks each CPU has, and which CPUs.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// CPUs that are there.
    online: Vec<u32>,
    /// CPUs that there may ever be.
    possible: u32,
    /// Chunks of a lane, a power of two.
    chunks: u32,
}

impl Plan {
    /// For `bytes` per CPU: a power of two of chunks, two at least.
    pub(crate) fn new(possible: u32, bytes: usize) -> Result<Self, CaptureError> {
        let online = aya::util::online_cpus()
            .map_err(|(_, e)| CaptureError::io("cannot tell which CPUs are online", e))?;
        let chunks = u32::try_from(bytes.div_ceil(CHUNK)).unwrap_or(u32::MAX).clamp(2, 4096);
        Ok(Self { online, possible, chunks: chunks.next_power_of_two() })
    }

    fn lanes(&self) -> usize {
        let missing = (self.possible as usize).saturating_sub(self.online.len());
        self.online.len() + missing.min(SPARE)
    }

    /// Chunks of all lanes.
    pub(crate) fn all_chunks(&self) -> u32 {
        u32::try_from(self.lanes()).unwrap_or(u32::MAX).saturating_mul(self.chunks)
    }

    /// Full chunks that wake the recorder: a quarter of a lane.
    pub(crate) fn wake(&self) -> u64 {
        u64::from(self.chunks / 4).max(1)
    }
}

/// See the module.
pub(crate) struct Lanes {
    plan: Plan,
    heads: Shared,
    chunks: Shared,
    lanes: Vec<Lane>,
    due: BinaryHeap<Reverse<(u64, usize)>>,
    bell: RingBuf<MapData>,
    epoll: Epoll,
}

/// Where the reader is in one lane.
#[derive(Debug)]
struct Lane {
    cpu: u32,
    first: u32,
    /// Chunk and offset of the next record.
    chunk: u32,
    at: usize,
    /// Up to where there are records: chunk and offset.
    end: (u32, usize),
}

impl Lanes {
    /// Shares the maps of `ebpf`, which were made as `plan` says.
    pub(crate) fn new(ebpf: &mut Ebpf, plan: Plan) -> Result<Self, CaptureError> {
        let what = "cannot make the buffers between kernel and recorder";
        let heads = shared(ebpf, "lanes", plan.possible as usize * LANE_BYTES)?;
        let chunks = shared(ebpf, "chunks", plan.all_chunks() as usize * CHUNK_BYTES)?;
        let bell = ebpf.take_map("bell").ok_or_else(|| super::missing("bell"))?;
        let bell = RingBuf::try_from(bell).map_err(|e| refused(what, &e))?;
        let epoll =
            Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|e| CaptureError::io(what, e.into()))?;
        epoll
            .add(bell.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, 0))
            .map_err(|e| CaptureError::io(what, e.into()))?;
        let mut lanes = Self { plan, heads, chunks, lanes: Vec::new(), due: BinaryHeap::new(), bell, epoll };
        for cpu in lanes.plan.online.clone() {
            lanes.give(cpu);
        }
        Ok(lanes)
    }

    /// Gives CPUs that have come meanwhile a lane, as long as there are any.
    pub(crate) fn look_for_cpus(&mut self) {
        if self.lanes.len() == self.plan.lanes() {
            return;
        }
        for cpu in aya::util::online_cpus().unwrap_or_default() {
            if self.lanes.iter().all(|lane| lane.cpu != cpu) && self.lanes.len() < self.plan.lanes() {
                self.give(cpu);
            }
        }
    }

    fn give(&mut self, cpu: u32) {
        let first = u32::try_from(self.lanes.len()).unwrap_or(u32::MAX).saturating_mul(self.plan.chunks);
        // First chunk in the lower half, their number in the upper.
        let chunks = u64::from(self.plan.chunks) << 32 | u64::from(first);
        self.heads.store(cpu as usize * LANE_BYTES + 8, chunks);
        self.lanes.push(Lane { cpu, first, chunk: 0, at: 0, end: (0, 0) });
    }

    /// Gives records to `take` in the order of time, as long as they are due: all that are older than
    /// `horizon` (ns since boot) at least, at most `limit`. Returns how many.
    pub(crate) fn drain(&mut self, horizon: u64, limit: usize, mut take: impl FnMut(&[u8])) -> usize {
        let Self { plan, heads, chunks, lanes, due, .. } = self;
        let shared = (plan.chunks, &*heads, &*chunks);
        due.clear();
        for (n, lane) in lanes.iter_mut().enumerate() {
            due.extend(lane.next(shared).map(|record| Reverse((record::time(record).unwrap_or(0), n))));
        }
        let mut taken = 0;
        while let Some(&Reverse((time, n))) = due.peek() {
            let is_due = time <= horizon || due.len() == lanes.len();
            let Some(lane) = lanes.get_mut(n).filter(|_| is_due && taken < limit) else { break };
            due.pop();
            if let Some(record) = lane.next(shared) {
                take(record);
                taken += 1;
                lane.pass(record.len());
            }
            due.extend(lane.next(shared).map(|record| Reverse((record::time(record).unwrap_or(0), n))));
        }
        taken
    }

    /// Sleeps until a lane is filling up, or for `timeout`.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Result<(), CaptureError> {
        let timeout = EpollTimeout::try_from(timeout).unwrap_or(EpollTimeout::ZERO);
        match self.epoll.wait(&mut [EpollEvent::empty()], timeout) {
            Ok(_) | Err(Errno::EINTR) => {
                while self.bell.next().is_some() {}
                Ok(())
            }
            Err(e) => Err(CaptureError::io("cannot wait for the kernel's buffers", e.into())),
        }
    }
}

impl Lane {
    /// The next record, which stays; `None` if there is none yet.
    fn next<'a>(&mut self, (count, heads, chunks): (u32, &Shared, &'a Shared)) -> Option<&'a [u8]> {
        let here = self.cpu as usize * LANE_BYTES;
        if self.at >= CHUNK {
            // All of it has been read: the other side may have it again.
            self.chunk = self.chunk.wrapping_add(1);
            self.at = 0;
            heads.store(here + LANE_DONE, self.chunk.into());
        }
        if !self.has_more() {
            let head = heads.load(here);
            let offset = usize::try_from(head & 0xffff_ffff).unwrap_or(0);
            self.end = (u32::try_from(head >> 32).unwrap_or(0), offset);
            if !self.has_more() {
                return None;
            }
        }
        let index = self.first as usize + (self.chunk & (count - 1)) as usize;
        let start = index * CHUNK_BYTES + self.at;
        let len = chunks.bytes(start, 8)?.try_into().map(u64::from_le_bytes).ok()?;
        let len = usize::try_from(len).ok().filter(|len| self.at + 8 + len <= CHUNK_BYTES)?;
        chunks.bytes(start + 8, len)
    }

    /// Whether there is a record before the known end. A lane's head moves on to a new chunk only when this one is full.
    const fn has_more(&self) -> bool {
        let (chunk, at) = self.end;
        match chunk.wrapping_sub(self.chunk) {
            0 => self.at < at,
            ahead => ahead < 1 << 31,
        }
    }

    /// Goes on behind the next record, which is `len` bytes long.
    fn pass(&mut self, len: usize) {
        self.at += 8 + len.next_multiple_of(8);
    }
}

/// The memory of array map `name`, `len` bytes.
fn shared(ebpf: &Ebpf, name: &str, len: usize) -> Result<Shared, CaptureError> {
    match ebpf.map(name) {
        Some(Map::Array(data)) => Shared::map(data.fd(), len),
        _ => Err(super::missing(name)),
    }
}
