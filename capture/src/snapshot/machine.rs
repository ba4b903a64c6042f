//! The machine itself and its network interfaces.
//!
//! Takes /proc and the kernel's interface list, gives [`MachineInfo`] and [`Interface`]s.

use super::clock::BootClock;
use super::root::Root;
use super::status::memory_total;
use super::text::{number, read_limited};
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::sys::socket::SockaddrStorage;
use nix::unistd::{SysconfVar, sysconf};
use scap_format::snapshot::{Interface, MachineInfo};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest host name that fits the trace, its closing NUL left out.
const HOSTNAME_LIMIT: usize = 127;

/// Processors, memory, host name, boot time.
pub(crate) fn info(root: &Root, clock: BootClock) -> MachineInfo {
    let read = |path| read_limited(&root.proc().join(path), 64 << 10).unwrap_or_default();
    let cpus = sysconf(SysconfVar::_NPROCESSORS_ONLN).ok().flatten();
    let mut hostname = read("sys/kernel/hostname").trim_ascii().to_vec();
    hostname.truncate(HOSTNAME_LIMIT);
    MachineInfo {
        num_cpus: cpus.and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        memory_size_bytes: memory_total(&read("meminfo")),
        max_pid: number(read("sys/kernel/pid_max").trim_ascii(), 10).unwrap_or(0),
        hostname,
        boot_ts_epoch: clock.boot(),
        flags: 0,
        reserved: [0; 2],
    }
}

/// Addresses of all interfaces of the recorder's own network namespace; empty if the kernel does not tell.
pub(crate) fn interfaces() -> Vec<Interface> {
    getifaddrs().map(|list| list.filter_map(|entry| interface(&entry)).collect()).unwrap_or_default()
}

fn interface(entry: &InterfaceAddress) -> Option<Interface> {
    let name = entry.interface_name.clone().into_bytes();
    let address = entry.address.as_ref()?;
    if let Some(addr) = ipv4(Some(address)) {
        let netmask = ipv4(entry.netmask.as_ref()).unwrap_or(Ipv4Addr::UNSPECIFIED);
        let broadcast = ipv4(entry.broadcast.as_ref()).unwrap_or(Ipv4Addr::UNSPECIFIED);
        return Some(Interface::V4 { name, addr, netmask, broadcast, linkspeed: 0 });
    }
    let addr = ipv6(Some(address))?;
    let netmask = ipv6(entry.netmask.as_ref()).unwrap_or(Ipv6Addr::UNSPECIFIED);
    Some(Interface::V6 { name, addr, netmask, broadcast: Ipv6Addr::UNSPECIFIED, linkspeed: 0 })
}

fn ipv4(address: Option<&SockaddrStorage>) -> Option<Ipv4Addr> {
    address?.as_sockaddr_in().map(nix::sys::socket::SockaddrIn::ip)
}

fn ipv6(address: Option<&SockaddrStorage>) -> Option<Ipv6Addr> {
    address?.as_sockaddr_in6().map(nix::sys::socket::SockaddrIn6::ip)
}

/// Whether it is an address of the loopback interface.
pub(crate) fn is_loopback(interface: &Interface) -> bool {
    match interface {
        Interface::V4 { addr, .. } => addr.is_loopback(),
        Interface::V6 { addr, .. } => addr.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_machine_has_processors_memory_and_a_name() {
        let info = info(&Root::default(), BootClock::now());
        assert!(info.num_cpus > 0 && info.memory_size_bytes > 1 << 20 && info.max_pid >= 4096);
        assert_eq!(info.hostname, nix::unistd::gethostname().unwrap().as_encoded_bytes());
    }

    #[test]
    fn loopback_is_among_the_interfaces() {
        let all = interfaces();
        let loopback = all.iter().find(|interface| is_loopback(interface));
        if let Some(Interface::V4 { name, netmask, .. }) = loopback {
            assert_eq!(name, b"lo");
            assert_eq!(*netmask, Ipv4Addr::new(255, 0, 0, 0));
        }
    }
}
