//! `prtip`, the reference target: a small, real port scanner to profile.
//!
//! A scan goes one way: arguments, policy, hosts, probes, one of two kinds of scan, report.

mod args;
mod banner;
mod batch;
mod block;
mod connect;
mod error;
mod host;
mod packet;
mod policy;
mod ports;
mod probe;
mod rate;
mod report;
mod route;
mod scan;
mod socket;
mod syn;
mod window;
mod worker;

use args::Request;
use error::Failure;
use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("prtip: {failure}");
            failure.status()
        }
    }
}

fn run() -> Result<(), Failure> {
    match args::parse(env::args_os().skip(1))? {
        Request::Help => print(args::HELP),
        Request::Version => {
            print(concat!("prtip ", env!("CARGO_PKG_VERSION"), " (reference target)\n"))
        }
        Request::Scan(options) => {
            let report = scan::run(&options)?;
            print(&if options.json { report.json() } else { report.text() })
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure::Run(format!("cannot write the report: {error}")))
}
