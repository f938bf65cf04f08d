//! The command line, in nmap's short options.

use crate::block::Block;
use crate::error::Failure;
use crate::ports;
use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use std::ffi::OsString;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What `--help` prints.
pub const HELP: &str = "\
prtip: a small port scanner to profile; it scans this machine only

Usage: prtip [OPTIONS] TARGET...

A TARGET is an address (127.0.0.1, ::1), a range (127.0.0.0/30) or localhost. Only 127.0.0.0/8 and
::1 are taken, and a directly connected network where the network namespace has no default route.

Options:
  -sS              SYN scan, half open: needs root or the capability cap_net_raw
  -sT              connect scan: needs no privilege (the default)
  -sV              also read what open ports say first (together with -sS or -sT)
  -p, --ports LIST ports, such as 22,80,1-1000, or - for all [default: 1-1000]
  -6               IPv6 only; localhost is then ::1
  --max-rate N     at most N packets or connections a second
  --threads N      threads that send or connect, 1 to 64 [default: 2]
  --batch N        packets in one system call, 1 to 64 [default: 64]
  --json           one JSON document instead of lines
  -h, --help       this text
  -V, --version    name and version

Exit status: 0 scanned, 1 the scan failed, 2 wrong use.

Examples:
  prtip -sT -p 22,80,443 127.0.0.1
  sudo prtip -sS -p 1-1000 --max-rate 10000 127.0.0.1
  prtip -sV -6 -p - localhost
";

/// How ports are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With SYN packets of our own, never finishing a connection.
    Syn,
    /// With the kernel's `connect`.
    Connect,
}

/// One scan, as asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// How ports are asked.
    pub method: Method,
    /// Whether open ports are read from.
    pub banners: bool,
    /// Whether only IPv6 is wanted.
    pub v6: bool,
    /// What to scan; not yet checked against the policy.
    pub targets: Vec<Block>,
    /// The ports, sorted.
    pub ports: Vec<u16>,
    /// Packets or connections a second at most.
    pub max_rate: Option<u32>,
    /// Threads that send or connect.
    pub threads: usize,
    /// Packets in one system call.
    pub batch: usize,
    /// Whether the report is JSON.
    pub json: bool,
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// A scan.
    Scan(Options),
    /// The help text.
    Help,
    /// The version.
    Version,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            method: Method::Connect,
            banners: false,
            v6: false,
            targets: Vec::new(),
            ports: (1..=1000).collect(),
            max_rate: None,
            threads: 2,
            batch: 64,
            json: false,
        }
    }
}

/// Reads the arguments that follow the program's name.
///
/// # Errors
/// A [`Failure::Usage`] that names the argument.
pub fn parse(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Request, Failure> {
    let mut parser = Parser::from_args(args);
    let mut options = Options::default();
    let mut targets = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Request::Help),
            Short('V') | Long("version") => return Ok(Request::Version),
            Short('s') => scan_types(&mut options, &parser.value()?.string()?)?,
            Short('p') | Long("ports") => options.ports = ports::parse(&parser.value()?.string()?)?,
            Short('6') => options.v6 = true,
            Long("max-rate") => {
                options.max_rate = Some(number(&mut parser, "--max-rate", 1..=u32::MAX)?);
            }
            Long("threads") => options.threads = number(&mut parser, "--threads", 1..=64)?,
            Long("batch") => options.batch = number(&mut parser, "--batch", 1..=64)?,
            Long("json") => options.json = true,
            Value(target) => targets.push(target.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    options.targets = blocks(&targets, options.v6)?;
    Ok(Request::Scan(options))
}

/// Reads the letters after `-s`: one or more of S, T and V.
fn scan_types(options: &mut Options, letters: &str) -> Result<(), Failure> {
    for letter in letters.chars() {
        match letter {
            'S' => options.method = Method::Syn,
            'T' => options.method = Method::Connect,
            'V' => options.banners = true,
            _ => {
                return Err(Failure::Usage(format!(
                    "unknown scan type -s{letter}: -sS, -sT or -sV"
                )));
            }
        }
    }
    Ok(())
}

fn number<N>(parser: &mut Parser, name: &str, range: RangeInclusive<N>) -> Result<N, Failure>
where
    N: FromStr + PartialOrd + Display,
{
    let text = parser.value()?.string()?;
    let number = text.parse().ok().filter(|number| range.contains(number));
    let (first, last) = range.into_inner();
    number.ok_or_else(|| {
        Failure::Usage(format!("{name} takes a number from {first} to {last}, not {text:?}"))
    })
}

fn blocks(targets: &[String], v6: bool) -> Result<Vec<Block>, Failure> {
    if targets.is_empty() {
        return Err(Failure::Usage("no target, such as 127.0.0.1".into()));
    }
    let blocks = targets.iter().map(|target| match Block::parse(target, v6)? {
        block if v6 && !block.is_v6() => {
            Err(Failure::Usage(format!("{target} is not IPv6, as -6 asks")))
        }
        block => Ok(block),
    });
    blocks.collect()
}

#[cfg(test)]
mod tests {
    use super::{Method, Options, Request, parse};

    fn options(line: &str) -> Options {
        match parse(line.split_whitespace()) {
            Ok(Request::Scan(options)) => options,
            other => panic!("{line:?} gave {other:?}"),
        }
    }

    #[test]
    fn scan_types_are_read_apart_and_together() {
        let seen = |line| (options(line).method, options(line).banners);
        assert_eq!(seen("-sS ::1"), (Method::Syn, false));
        assert_eq!(seen("-sT ::1"), (Method::Connect, false));
        assert_eq!(seen("-sV ::1"), (Method::Connect, true));
        assert_eq!(seen("-sSV ::1"), (Method::Syn, true));
        assert_eq!(seen("::1 -sV -sS"), (Method::Syn, true));
    }

    #[test]
    fn ports_are_read_attached_and_apart() {
        assert_eq!(options("-p22,80 ::1").ports, [22, 80]);
        assert_eq!(options("-p 22 ::1").ports, [22]);
        assert_eq!(options("--ports=22 ::1").ports, [22]);
        assert_eq!(options("-p- ::1"), options("-p - ::1"));
        assert_eq!(options("::1").ports.len(), 1000);
    }

    #[test]
    fn only_ipv6_is_taken_where_it_is_asked_for() {
        assert!(options("-6 localhost").targets[0].is_v6());
        assert!(parse(["-6", "127.0.0.1"]).is_err());
    }

    #[test]
    fn help_and_version_need_no_target() {
        assert_eq!(parse(["-h"]), Ok(Request::Help));
        assert_eq!(parse(["--version"]), Ok(Request::Version));
    }

    #[test]
    fn wrong_use_is_refused() {
        for line in [
            "",
            "-sS",
            "-sX ::1",
            "-s",
            "-p",
            "-x ::1",
            "--nonsense ::1",
            "--max-rate 0 ::1",
            "--max-rate x ::1",
            "--threads 0 ::1",
            "--batch 65 ::1",
            "--json=1 ::1",
            "example.org",
        ] {
            assert!(parse(line.split_whitespace()).is_err(), "{line:?} was taken");
        }
    }
}
