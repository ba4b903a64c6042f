//! The machine's network interfaces, and what they tell about addresses.
//!
//! Source: `sinsp_network_interfaces` of falcosecurity/libs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use scap_format::snapshot::Interface;

/// Most addresses kept.
const MAX_INTERFACES: usize = 4096;

/// Addresses of the machine, in the order of the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interfaces {
    list: Vec<Interface>,
}

impl Interfaces {
    /// A hostile list is cut: every datagram without a source address looks through it.
    pub(crate) fn extend(&mut self, list: &[Interface]) {
        let room = MAX_INTERFACES.saturating_sub(self.list.len());
        self.list.extend_from_slice(list.get(..room).unwrap_or(list));
    }

    /// All addresses.
    #[must_use]
    pub fn list(&self) -> &[Interface] {
        &self.list
    }

    /// Whether `ip` is an address of the machine; for v6, whether it shares 64 bits with one.
    #[must_use]
    pub fn is_local(&self, ip: IpAddr) -> bool {
        self.list.iter().any(|i| match (i, ip) {
            (Interface::V4 { addr, .. }, IpAddr::V4(ip)) => *addr == ip,
            (Interface::V6 { addr, .. }, IpAddr::V6(ip)) => same_net6(*addr, ip),
            _ => false,
        })
    }

    /// Whether `ip` is private or in the subnet of an interface.
    #[must_use]
    pub fn is_in_subnet(&self, ip: Ipv4Addr) -> bool {
        let bits = ip.to_bits();
        // The third mask is libsinsp's, which takes in more than 172.16.0.0/12.
        bits & 0xff00_0000 == 0x0a00_0000
            || bits & 0xffff_0000 == 0xc0a8_0000
            || bits & 0xff3f_0000 == 0xac10_0000
            || self.v4().any(|(addr, mask)| same_net4(addr, ip, mask))
    }

    /// The machine's address that most likely talks to `peer`.
    #[must_use]
    pub fn likely_local(&self, peer: IpAddr) -> IpAddr {
        match peer {
            IpAddr::V4(peer) => IpAddr::V4(self.likely_local4(peer)),
            IpAddr::V6(peer) => IpAddr::V6(self.likely_local6(peer)),
        }
    }

    fn likely_local4(&self, peer: Ipv4Addr) -> Ipv4Addr {
        self.v4()
            .find(|(addr, _)| *addr == peer)
            .or_else(|| self.v4().find(|(addr, mask)| same_net4(*addr, peer, *mask)))
            .or_else(|| self.v4().find(|(addr, _)| *addr != Ipv4Addr::LOCALHOST))
            .map_or(Ipv4Addr::UNSPECIFIED, |(addr, _)| addr)
    }

    fn likely_local6(&self, peer: Ipv6Addr) -> Ipv6Addr {
        self.v6()
            .find(|addr| *addr == peer)
            .or_else(|| self.v6().find(|addr| same_net6(*addr, peer)))
            .or_else(|| self.v6().find(|addr| *addr != Ipv6Addr::LOCALHOST))
            .unwrap_or(Ipv6Addr::UNSPECIFIED)
    }

    fn v4(&self) -> impl Iterator<Item = (Ipv4Addr, Ipv4Addr)> + '_ {
        self.list.iter().filter_map(|i| match i {
            Interface::V4 { addr, netmask, .. } => Some((*addr, *netmask)),
            Interface::V6 { .. } => None,
        })
    }

    fn v6(&self) -> impl Iterator<Item = Ipv6Addr> + '_ {
        self.list.iter().filter_map(|i| match i {
            Interface::V6 { addr, .. } => Some(*addr),
            Interface::V4 { .. } => None,
        })
    }
}

fn same_net4(a: Ipv4Addr, b: Ipv4Addr, mask: Ipv4Addr) -> bool {
    a.to_bits() & mask.to_bits() == b.to_bits() & mask.to_bits()
}

fn same_net6(a: Ipv6Addr, b: Ipv6Addr) -> bool {
    a.segments().iter().take(4).eq(b.segments().iter().take(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Interfaces {
        let v4 = |addr: [u8; 4], bits: u32| Interface::V4 {
            name: b"eth".to_vec(),
            addr: addr.into(),
            netmask: Ipv4Addr::from_bits(u32::MAX << (32 - bits)),
            broadcast: Ipv4Addr::BROADCAST,
            linkspeed: 0,
        };
        let v6 = |addr: &str| Interface::V6 {
            name: b"eth".to_vec(),
            addr: addr.parse().unwrap(),
            netmask: Ipv6Addr::UNSPECIFIED,
            broadcast: Ipv6Addr::UNSPECIFIED,
            linkspeed: 0,
        };
        let mut machine = Interfaces::default();
        machine.extend(&[v4([127, 0, 0, 1], 8), v4([203, 0, 113, 7], 24), v4([198, 51, 100, 1], 24)]);
        machine.extend(&[v6("::1"), v6("2001:db8::7")]);
        machine
    }

    #[test]
    fn the_likely_address_is_exact_then_of_the_subnet_then_the_first_real_one() {
        let machine = machine();
        for (peer, want) in [
            ("198.51.100.1", "198.51.100.1"),
            ("198.51.100.99", "198.51.100.1"),
            ("8.8.8.8", "203.0.113.7"),
            ("2001:db8::99", "2001:db8::7"),
            ("2606::1", "2001:db8::7"),
        ] {
            assert_eq!(machine.likely_local(peer.parse().unwrap()).to_string(), want, "{peer}");
        }
    }

    #[test]
    fn local_means_an_address_of_the_machine() {
        let machine = machine();
        assert!(machine.is_local("203.0.113.7".parse().unwrap()));
        assert!(!machine.is_local("203.0.113.8".parse().unwrap()));
        assert!(machine.is_local("2001:db8::1234".parse().unwrap()));
        assert!(machine.is_in_subnet("203.0.113.8".parse().unwrap()));
        assert!(machine.is_in_subnet("10.1.2.3".parse().unwrap()));
        assert!(!machine.is_in_subnet("8.8.8.8".parse().unwrap()));
    }
}
