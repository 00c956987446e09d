//! Which addresses a request may go to: public ones, and those that somebody allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Networks that belong to no public host, by IANA's registry of special-purpose IPv4 addresses.
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    // This host, private networks, carriers' networks, this machine.
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Link-local, where clouds have their metadata service.
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    // Protocol assignments, documentation, 6to4 relays.
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    // Benchmarks, documentation.
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Multicast; reserved, with the broadcast address.
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// All that IANA gave out as global unicast. Unique local, link-local, multicast and the like are outside.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);
/// Inside of it: protocol assignments, and twice documentation.
const NOT_PUBLIC_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0], 32),
    v6([0x3fff, 0, 0, 0], 20),
];

/// Where clouds give credentials to their machines: of AWS and most others (and its containers), Alibaba, Oracle and Azure.
/// Some are inside of networks that are allowed for other reasons, Azure's is a public one.
const CLOUD_METADATA: [IpAddr; 8] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// NAT64 (RFC 6052): the last 32 bits are an IPv4 address.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);
/// 6to4 (RFC 3056): the 32 bits after the first 16 are one.
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0], 16);
/// Teredo (RFC 4380): bits 32 to 63 are its server's address, the last 32, inverted, its client's.
const TEREDO: Ipv6Net = v6([0x2001, 0, 0, 0], 32);

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(begin: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = begin;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Addresses that are allowed although they belong to no public host: those of private networks, of this machine, and so
/// on. By default none is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedAddresses(Vec<IpNet>);

/// Not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an address or network: write 10.0.0.5 or 10.0.0.0/8, several with commas between them"
)]
pub struct AllowedAddressesError;

/// A host or URL led to an address that no request may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("leads to the private address {0}; allow it with --allow-addresses {0}")]
pub(crate) struct ForbiddenAddress(pub(crate) IpAddr);

impl FromStr for AllowedAddresses {
    type Err = AllowedAddressesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let network = |part: &str| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| AllowedAddressesError)
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl AllowedAddresses {
    /// Whether a request may go to `address`.
    ///
    /// # Errors
    /// When it may not.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), ForbiddenAddress> {
        // ::ffff:10.0.0.5 is 10.0.0.5: the system opens an IPv4 connection for both.
        let address = address.to_canonical();
        let admitted = self.spare_metadata(address)
            && (self.contain(address)
                || match address {
                    IpAddr::V4(address) => is_public_v4(address),
                    IpAddr::V6(address) => self.admit_v6(address),
                });
        admitted.then_some(()).ok_or(ForbiddenAddress(address))
    }

    /// Whether `address` leads to no metadata, or to some that is allowed by its own address: a network that it is in is not
    /// meant so.
    fn spare_metadata(&self, address: IpAddr) -> bool {
        let inside = match address {
            IpAddr::V4(_) => Vec::new(),
            IpAddr::V6(address) => embedded(address),
        };
        let inside = inside.into_iter().map(IpAddr::V4);
        std::iter::once(address)
            .chain(inside)
            .filter(|address| CLOUD_METADATA.contains(address))
            .all(|address| self.0.contains(&IpNet::from(address)))
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Gateways pass such a request on to the IPv4 address inside, so that one counts.
    fn admit_v6(&self, address: Ipv6Addr) -> bool {
        match embedded(address).as_slice() {
            [] => is_public_v6(address),
            inside => inside
                .iter()
                .all(|inside| self.check(IpAddr::V4(*inside)).is_ok()),
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !NOT_PUBLIC_V4
        .iter()
        .any(|network| network.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    GLOBAL_V6.contains(&address)
        && !NOT_PUBLIC_V6
            .iter()
            .any(|network| network.contains(&address))
}

/// The IPv4 addresses inside an IPv6 address, if it is of a kind that has any.
fn embedded(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let [_, a, b, .., y, z] = address.segments();
    let [_, _, server_high, server_low, ..] = address.segments();
    if NAT64.contains(&address) {
        vec![from_halves(y, z)]
    } else if SIX_TO_FOUR.contains(&address) {
        vec![from_halves(a, b)]
    } else if TEREDO.contains(&address) {
        vec![from_halves(server_high, server_low), from_halves(!y, !z)]
    } else {
        Vec::new()
    }
}

fn from_halves(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests;
