//! What a scan found, and how it is written.

use crate::args::Method;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// An open port.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its address.
    pub port: SocketAddr,
    /// What it said first, if that was asked and it spoke.
    pub banner: Option<String>,
}

/// All that a scan found.
#[derive(Debug)]
pub struct Report {
    /// How ports were asked.
    pub method: Method,
    /// The number of hosts.
    pub hosts: usize,
    /// The number of ports asked, on all hosts together.
    pub ports: usize,
    /// Ports that gave no answer.
    pub silent: usize,
    /// The open ports, in order.
    pub open: Vec<Finding>,
    /// Packets sent, or connections tried.
    pub sent: usize,
    /// How long the scan took.
    pub time: Duration,
}

impl Report {
    /// A report of nothing so far.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            hosts: 0,
            ports: 0,
            silent: 0,
            open: Vec::new(),
            sent: 0,
            time: Duration::ZERO,
        }
    }

    /// One line for each open port and one that sums up.
    pub fn text(&self) -> String {
        let mut text: String = self.open.iter().map(line).collect();
        let sent = if self.method == Method::Syn { "packets sent" } else { "connections tried" };
        let _ = writeln!(
            text,
            "{} on {} scanned: {} open, {} closed, {} without answer; {} {sent} in {:.3} s",
            count(self.ports, "port"),
            count(self.hosts, "host"),
            self.open.len(),
            self.closed(),
            self.silent,
            self.sent,
            self.time.as_secs_f64()
        );
        text
    }

    /// The same as one JSON document on one line.
    pub fn json(&self) -> String {
        let open: Vec<_> = self.open.iter().map(object).collect();
        let (method, sent) = match self.method {
            Method::Syn => ("syn", "packets_sent"),
            Method::Connect => ("connect", "connections_tried"),
        };
        format!(
            "{{\"method\": \"{method}\", \"hosts\": {}, \"ports_scanned\": {}, \"open\": {}, \"closed\": {}, \
             \"silent\": {}, \"{sent}\": {}, \"seconds\": {:.6}, \"open_ports\": [{}]}}\n",
            self.hosts,
            self.ports,
            self.open.len(),
            self.closed(),
            self.silent,
            self.sent,
            self.time.as_secs_f64(),
            open.join(", ")
        )
    }

    fn closed(&self) -> usize {
        self.ports - self.silent - self.open.len()
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn line(finding: &Finding) -> String {
    let banner = finding.banner.as_ref().map(|text| format!(" {text}"));
    format!("{}/tcp open{}\n", finding.port, banner.unwrap_or_default())
}

fn object(finding: &Finding) -> String {
    let banner = finding.banner.as_ref().map_or_else(|| "null".into(), |text| quoted(text));
    let (address, port) = (finding.port.ip(), finding.port.port());
    format!(
        "{{\"address\": \"{address}\", \"port\": {port}, \"protocol\": \"tcp\", \"banner\": {banner}}}"
    )
}

/// A JSON string; a banner has no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{Finding, Report};
    use crate::args::Method;
    use std::time::Duration;

    fn report() -> Report {
        let open = |port: &str, banner: Option<&str>| Finding {
            port: port.parse().unwrap(),
            banner: banner.map(Into::into),
        };
        Report {
            method: Method::Syn,
            hosts: 2,
            ports: 10,
            silent: 1,
            open: vec![open("127.0.0.1:22", Some(r#"a "b" \x1b"#)), open("[::1]:80", None)],
            sent: 12,
            time: Duration::from_millis(1500),
        }
    }

    #[test]
    fn the_text_has_a_line_for_each_open_port_and_a_summary() {
        let expected = "127.0.0.1:22/tcp open a \"b\" \\x1b\n[::1]:80/tcp open\n10 ports on 2 hosts scanned: \
                        2 open, 7 closed, 1 without answer; 12 packets sent in 1.500 s\n";
        assert_eq!(report().text(), expected);
    }

    #[test]
    fn quotes_and_backslashes_of_a_banner_are_escaped_in_json() {
        assert!(report().json().contains(r#""banner": "a \"b\" \\x1b"}"#));
    }
}
