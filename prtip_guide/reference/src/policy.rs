//! Which addresses may be scanned: this machine's own, and little else.

use crate::block::Block;
use crate::error::Failure;
use crate::route::Route;
use std::io;

/// Addresses that are never scanned, whatever the routes say: unspecified, multicast, broadcast,
/// link-local, and IPv4 addresses dressed as IPv6.
const NEVER: [&str; 6] =
    ["0.0.0.0/8", "224.0.0.0/3", "::/96", "::ffff:0:0/96", "fe80::/10", "ff00::/8"];

const ALLOWED: &str = "only 127.0.0.0/8 and ::1 may be scanned, or a directly connected network \
                       where the network namespace has no default route";

/// Allows `block` or says why not; `routes` is asked only for addresses that are not loopback.
///
/// # Errors
/// A [`Failure::Usage`] names the addresses, the reason and what is allowed.
pub fn check(
    block: &Block,
    routes: impl FnOnce() -> io::Result<Vec<Route>>,
) -> Result<(), Failure> {
    if is_loopback(block) {
        return Ok(());
    }
    let reason = match routes() {
        _ if is_special(block) => {
            "it holds special addresses (unspecified, multicast, link-local and the like)".into()
        }
        Ok(routes) => match objection(block, &routes) {
            Some(reason) => reason.into(),
            None => return Ok(()),
        },
        Err(error) => format!("the routes cannot be read ({error})"),
    };
    Err(Failure::Usage(format!("{block} is refused: {reason}; {ALLOWED}")))
}

/// Says whether packets to the whole block stay on the loopback interface.
fn is_loopback(block: &Block) -> bool {
    covers("127.0.0.0/8", block) || covers("::1", block)
}

fn is_special(block: &Block) -> bool {
    NEVER.iter().any(|range| parsed(range).overlaps(block))
}

fn objection(block: &Block, routes: &[Route]) -> Option<&'static str> {
    let on_link = |route: &&Route| !route.gateway && route.to.contains(block);
    let passed_on = |route: &&Route| route.gateway && route.to.overlaps(block);
    if routes.iter().any(|route| route.default) {
        Some("this network namespace has a default route, so packets could leave the machine")
    } else if routes.iter().find(passed_on).is_some() {
        Some("a gateway would pass the packets on")
    } else if routes.iter().find(on_link).is_none() {
        Some("no directly connected network holds it")
    } else {
        None
    }
}

fn covers(range: &str, block: &Block) -> bool {
    parsed(range).contains(block)
}

fn parsed(range: &str) -> Block {
    Block::parse(range, false).expect("the ranges of this module are well formed")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::block::Block;
    use crate::route::Route;
    use crate::route::tests::route;
    use std::io;

    fn allowed(target: &str, routes: Vec<Route>) -> bool {
        check(&Block::parse(target, false).unwrap(), || Ok(routes)).is_ok()
    }

    #[test]
    fn loopback_is_allowed_and_no_route_is_read() {
        for target in ["127.0.0.1", "127.255.255.255", "127.0.0.0/8", "::1", "localhost"] {
            let block = Block::parse(target, false).unwrap();
            assert_eq!(check(&block, || panic!("routes were read")), Ok(()));
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for target in [
            "8.8.8.8",
            "10.0.0.1",
            "0.0.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "127.0.0.0/7",
            "0.0.0.0/0",
            "255.255.255.255",
            "::",
            "::2",
            "::/127",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "2001:db8::1",
            "::/0",
        ] {
            assert!(!allowed(target, vec![]), "{target} was allowed");
        }
    }

    #[test]
    fn a_directly_connected_network_is_allowed_only_without_a_default_route() {
        let near = || route("10.9.0.0/24", false, false);
        assert!(allowed("10.9.0.0/24", vec![near()]));
        assert!(!allowed("10.9.0.1", vec![near(), route("0.0.0.0/0", true, true)]));
        assert!(!allowed("10.9.0.1", vec![near(), route("::/0", true, true)]));
        assert!(!allowed("10.9.0.0/23", vec![near()]));
    }

    #[test]
    fn a_network_behind_a_gateway_is_refused() {
        let routes = || vec![route("10.0.0.0/8", false, false), route("10.1.0.0/16", true, false)];
        assert!(allowed("10.2.0.1", routes()));
        assert!(!allowed("10.1.0.1", routes()));
        assert!(!allowed("10.0.0.0/8", routes()));
    }

    #[test]
    fn special_addresses_are_refused_even_with_a_route() {
        for (target, net) in [
            ("ff02::1", "ff00::/8"),
            ("fe80::1", "fe80::/64"),
            ("::ffff:10.0.0.1", "::ffff:0:0/96"),
        ] {
            assert!(!allowed(target, vec![route(net, false, false)]), "{target} was allowed");
        }
    }

    #[test]
    fn everything_but_loopback_is_refused_when_the_routes_cannot_be_read() {
        let block = Block::parse("10.9.0.1", false).unwrap();
        assert!(check(&block, || Err(io::Error::other("gone"))).is_err());
    }
}
