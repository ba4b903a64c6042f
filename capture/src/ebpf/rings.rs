//! The buffers between kernel and recorder, one per CPU, read as one stream in the order of time.
//!
//! CPUs that are not there now share the first ring, in case they come: a machine may have room for many more than it has.
//!
//! A ring holds its CPU's records in order. The oldest head of all rings is due when every ring has one, or
//! when it is older than the window: a record takes its time when its program starts and appears in the
//! ring microseconds later. Records stay in the rings until they are due, so nothing is copied. Hot path.

use super::load::refused;
use super::record;
use crate::CaptureError;
use aya::maps::{ArrayOfMaps, Map, MapData, RingBuf};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::os::fd::AsFd;
use std::time::Duration;

const BPF_MAP_TYPE_RINGBUF: u32 = 27;

/// How long a record may be on its way into its ring, ns.
pub(crate) const WINDOW: u64 = 3_000_000;

pub(crate) struct Rings {
    rings: Vec<RingBuf<MapData>>,
    heads: BinaryHeap<Reverse<(u64, usize)>>,
    epoll: Epoll,
}

impl Rings {
    /// Makes a ring of `bytes` (a power of two of pages) for each CPU that is online, and puts one into `outer` for each
    /// of the `cpus` possible ones.
    pub(crate) fn new(
        outer: &mut ArrayOfMaps<&mut MapData, MapData>,
        cpus: u32,
        bytes: u32,
    ) -> Result<Self, CaptureError> {
        let what = "cannot make the buffers between kernel and recorder";
        let online = aya::util::online_cpus()
            .map_err(|(_, e)| CaptureError::io("cannot tell which CPUs are online", e))?;
        let epoll =
            Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|e| CaptureError::io(what, e.into()))?;
        let mut rings = Vec::new();
        for cpu in online {
            let params = aya_obj::Map::new_from_params(BPF_MAP_TYPE_RINGBUF, 0, 0, bytes, 0);
            let data = MapData::create(params, "ring", None).map_err(|e| refused(what, &e))?;
            if rings.is_empty() {
                for any in 0..cpus {
                    outer.set(any, &data, 0).map_err(|e| refused(what, &e))?;
                }
            }
            outer.set(cpu, &data, 0).map_err(|e| refused(what, &e))?;
            let ring = RingBuf::try_from(Map::RingBuf(data)).map_err(|e| refused(what, &e))?;
            epoll
                .add(ring.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, u64::from(cpu)))
                .map_err(|e| CaptureError::io(what, e.into()))?;
            rings.push(ring);
        }
        Ok(Self { rings, heads: BinaryHeap::new(), epoll })
    }

    /// Gives records to `take` in the order of time, as long as they are due: all that are older than
    /// `horizon` (ns since boot) at least, at most `limit`. Returns how many.
    pub(crate) fn drain(&mut self, horizon: u64, limit: usize, mut take: impl FnMut(&[u8])) -> usize {
        self.heads.clear();
        let Self { rings, heads, .. } = self;
        for (cpu, ring) in rings.iter_mut().enumerate() {
            heads.extend(head(ring).map(|time| Reverse((time, cpu))));
        }
        let mut taken = 0;
        while let Some(&Reverse((time, cpu))) = heads.peek() {
            let due = time <= horizon || heads.len() == rings.len();
            let Some(ring) = rings.get_mut(cpu).filter(|_| due && taken < limit) else { break };
            heads.pop();
            if let Some(item) = ring.next() {
                take(&item);
                taken += 1;
            }
            heads.extend(head(ring).map(|time| Reverse((time, cpu))));
        }
        taken
    }

    /// Sleeps until a ring is filling up, or for `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<(), CaptureError> {
        let timeout = EpollTimeout::try_from(timeout).unwrap_or(EpollTimeout::ZERO);
        match self.epoll.wait(&mut [EpollEvent::empty()], timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(e) => Err(CaptureError::io("cannot wait for the kernel's buffers", e.into())),
        }
    }
}

/// Time of the oldest record in `ring`, which stays there.
fn head(ring: &mut RingBuf<MapData>) -> Option<u64> {
    let item = ring.next()?;
    let time = record::time(&item).unwrap_or(0);
    // Dropping the item would consume it; it holds nothing but references.
    std::mem::forget(item);
    Some(time)
}
