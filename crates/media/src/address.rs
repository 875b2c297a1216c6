//! Where a camera may stand: networks the administrator allowed, checked after the name was resolved, so that a name
//! cannot lead elsewhere (the connection is then made to the address that was checked, not to the name).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A network such as `10.20.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: u128,
    bits: u8,
}

/// Why an address is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a network in the form `address/bits`.
    #[error("{0} is not a network such as 10.20.0.0/16")]
    NotANetwork(String),
    /// The name leads to no allowed address.
    #[error("no address of the camera is in an allowed network")]
    NotAllowed,
}

/// An IPv4 address counts as its IPv4-mapped IPv6 address, so that both spellings meet the same rule.
fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(a) => a.to_ipv6_mapped(),
        IpAddr::V6(a) => a,
    }
    .to_bits()
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

impl std::str::FromStr for Network {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Network, Refused> {
        let no = || Refused::NotANetwork(text.chars().take(60).collect());
        let (ip, bits) = text.trim().split_once('/').ok_or_else(no)?;
        let ip: IpAddr = ip.parse().map_err(|_| no())?;
        let bits: u8 = bits.parse().map_err(|_| no())?;
        let (width, before) = if ip.is_ipv4() { (32, 96) } else { (128, 0) };
        if bits > width {
            return Err(no());
        }
        let bits = bits + before;
        Ok(Network { base: number(ip) & mask(bits), bits })
    }
}

impl Network {
    /// Whether `ip` lies in this network.
    pub fn holds(&self, ip: IpAddr) -> bool {
        number(ip) & mask(self.bits) == self.base
    }
}

/// The first of the resolved addresses that is allowed; never one that no camera can have (unspecified, multicast,
/// broadcast), whatever the list says.
///
/// # Errors
/// [`Refused::NotAllowed`] when there is none.
pub fn choose(resolved: &[SocketAddr], allowed: &[Network]) -> Result<SocketAddr, Refused> {
    let sound = |ip: IpAddr| {
        let v4 = Ipv6Addr::from_bits(number(ip)).to_ipv4_mapped();
        let group = v4.map_or(ip.is_multicast(), |a| a.is_multicast() || a.is_broadcast());
        !group && !v4.map_or(ip.is_unspecified(), |a| a.is_unspecified())
    };
    let may = |a: &&SocketAddr| sound(a.ip()) && allowed.iter().any(|n| n.holds(a.ip()));
    resolved.iter().find(may).copied().ok_or(Refused::NotAllowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_allowed_networks_are_reached_however_the_address_is_spelt() {
        let allowed: Vec<Network> = ["10.20.0.0/16", "fd00:1::/32"].map(|n| n.parse().unwrap()).into();
        let cases = [
            ("10.20.3.4:554", true),
            ("10.21.3.4:554", false),
            ("127.0.0.1:554", false),
            ("[::ffff:10.20.3.4]:554", true),
            ("[::ffff:127.0.0.1]:554", false),
            ("[fd00:1::9]:554", true),
            ("[fd00:2::9]:554", false),
            ("169.254.169.254:80", false),
        ];
        for (a, want) in cases {
            assert_eq!(choose(&[a.parse().unwrap()], &allowed).is_ok(), want, "{a}");
        }
        let all: Vec<Network> = ["0.0.0.0/0", "::/0"].map(|n| n.parse().unwrap()).into();
        for a in [
            "0.0.0.0:554",
            "224.0.0.1:554",
            "255.255.255.255:554",
            "[::]:554",
            "[ff02::1]:554",
            "[::ffff:224.0.0.1]:554",
        ] {
            assert_eq!(choose(&[a.parse().unwrap()], &all), Err(Refused::NotAllowed), "{a}");
        }
        let two = ["127.0.0.1:554".parse().unwrap(), "10.20.0.1:554".parse().unwrap()];
        assert_eq!(choose(&two, &allowed), Ok(two[1]));
        assert_eq!(choose(&two, &[]), Err(Refused::NotAllowed), "nothing is allowed until somebody allows it");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in ".{0,50}", bits: u8) {
            let _ = text.parse::<Network>();
            prop_assert_eq!(format!("10.0.0.0/{bits}").parse::<Network>().is_ok(), bits <= 32);
        }
    }
}
