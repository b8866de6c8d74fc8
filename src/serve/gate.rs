//! How much somebody without a token may ask for from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::exchange::HttpFacts;
use crate::limits::{MAX_COUNTED_ADDRESSES, MAX_REQUESTS_PER_MINUTE};

/// Counts requests by address, a minute at a time.
#[derive(Debug)]
pub(super) struct Gate(Mutex<Minute>);

#[derive(Debug)]
struct Minute {
    began: Instant,
    asked: HashMap<IpAddr, u32>,
}

impl Default for Gate {
    fn default() -> Self {
        Self(Mutex::new(Minute::new()))
    }
}

impl Minute {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            asked: HashMap::new(),
        }
    }
}

impl Gate {
    /// Whether a request from an address is answered in this minute.
    pub fn lets_in(&self, from: IpAddr) -> bool {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.elapsed() >= Duration::from_secs(60) {
            *minute = Minute::new();
        }
        let from = counted(from);
        let is_new = !minute.asked.contains_key(&from);
        let from = match is_new && minute.asked.len() >= MAX_COUNTED_ADDRESSES {
            // All that come after share one count.
            true => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            false => from,
        };
        let asked = minute.asked.entry(from).or_default();
        *asked += 1;
        *asked <= MAX_REQUESTS_PER_MINUTE
    }
}

/// The address as it counts: whoever has an IPv6 network has all of its last 64
/// bits.
fn counted(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address => address,
    }
}

/// The address that a request came from, where that is not this machine. A
/// proxy on this machine adds the address of its client at the end of
/// `X-Forwarded-For`; from elsewhere that header may say anything.
pub(super) fn origin(peer: IpAddr, head: &HttpFacts) -> Option<IpAddr> {
    if !peer.to_canonical().is_loopback() {
        return Some(peer);
    }
    let last = head.headers.iter().rev();
    let mut last = last.filter(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-for"));
    let address = last.next()?.1.rsplit(',').next()?.trim().parse().ok()?;
    Some(address).filter(|address: &IpAddr| !address.is_loopback())
}

/// Whether a proxy says that it passes a request on, from wherever.
pub(super) fn is_forwarded(head: &HttpFacts) -> bool {
    let passes_on = ["x-forwarded-for", "forwarded"];
    passes_on.iter().any(|name| head.header(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::StartLine;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_asks_for_no_more_than_is_fair() {
        let gate = Gate::default();
        for _ in 0..MAX_REQUESTS_PER_MINUTE {
            assert!(gate.lets_in(address("192.0.2.1")));
        }
        assert!(!gate.lets_in(address("192.0.2.1")));
        assert!(!gate.lets_in(address("::ffff:192.0.2.1")));
        assert!(gate.lets_in(address("192.0.2.2")));
        // A network of IPv6 is one.
        for number in 0..MAX_REQUESTS_PER_MINUTE {
            assert!(gate.lets_in(address(&format!("2001:db8::{number:x}"))));
        }
        assert!(!gate.lets_in(address("2001:db8::ffff")));
        assert!(gate.lets_in(address("2001:db8:1::1")));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let gate = Gate::default();
        for number in 0..MAX_COUNTED_ADDRESSES as u32 + 2 * MAX_REQUESTS_PER_MINUTE {
            gate.lets_in(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number)));
        }
        assert_eq!(
            gate.0.lock().unwrap().asked.len(),
            MAX_COUNTED_ADDRESSES + 1
        );
        assert!(!gate.lets_in(address("192.0.2.1")));
        // Those that were counted by themselves still are.
        assert!(gate.lets_in(address("10.0.0.1")));
    }

    #[test]
    fn only_a_proxy_on_this_machine_speaks_for_another() {
        for (peer, said, from) in [
            ("127.0.0.1", &[][..], None),
            ("127.0.0.1", &["192.0.2.1"], Some("192.0.2.1")),
            ("::1", &["10.0.0.1, 192.0.2.1"], Some("192.0.2.1")),
            (
                "127.0.0.1",
                &["10.0.0.1", "2001:db8::1"],
                Some("2001:db8::1"),
            ),
            ("127.0.0.1", &["onzin"], None),
            ("127.0.0.1", &["127.0.0.1"], None),
            ("198.51.100.7", &["192.0.2.1"], Some("198.51.100.7")),
        ] {
            let headers = said.iter();
            let headers = headers.map(|one| ("X-Forwarded-For".to_string(), one.to_string()));
            let head = HttpFacts {
                start: StartLine::Response { status: 0 },
                version: String::new(),
                headers: headers.collect(),
            };
            let found = origin(address(peer), &head);
            assert_eq!(found, from.map(address), "{peer} {said:?}");
        }
    }
}
