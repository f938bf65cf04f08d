//! Port lists as people write them: `22,80,1-1000`, or `-` for all.

use crate::error::Failure;
use std::ops::RangeInclusive;

/// Reads a list of ports and ranges; the result is sorted and names no port twice.
///
/// # Errors
/// A [`Failure::Usage`] names the item that is not a port from 1 to 65535 or a range of them.
pub fn parse(list: &str) -> Result<Vec<u16>, Failure> {
    let mut ports = Vec::new();
    for item in list.split(',') {
        ports.extend(range(item).ok_or_else(|| refusal(item))?);
    }
    ports.sort_unstable();
    ports.dedup();
    Ok(ports)
}

/// Reads `80`, `1-1000`, `-1000`, `1000-` or `-`.
fn range(item: &str) -> Option<RangeInclusive<u16>> {
    let Some((first, last)) = item.split_once('-') else {
        return port(item).map(|port| port..=port);
    };
    let first = if first.is_empty() { 1 } else { port(first)? };
    let last = if last.is_empty() { u16::MAX } else { port(last)? };
    (first <= last).then_some(first..=last)
}

fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

fn refusal(item: &str) -> Failure {
    Failure::Usage(format!("{item:?} is no port from 1 to 65535 and no range such as 1-1000"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists_and_ranges_are_sorted_and_name_no_port_twice() {
        assert_eq!(parse("80,22,79-81"), Ok(vec![22, 79, 80, 81]));
    }

    #[test]
    fn a_dash_alone_means_all_ports() {
        assert_eq!(parse("-").unwrap().len(), 65_535);
    }

    #[test]
    fn an_open_range_ends_at_the_first_or_the_last_port() {
        assert_eq!(parse("-3"), Ok(vec![1, 2, 3]));
        assert_eq!(parse("65534-"), Ok(vec![65_534, 65_535]));
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for list in ["", "0", "65536", "22,", "9-1", "http", "+1", " 1", "1-2-3", "1--2"] {
            assert!(parse(list).is_err(), "{list:?} was taken");
        }
    }
}
