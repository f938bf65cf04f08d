//! A whole scan, from what was asked to what was found.

use crate::args::{Method, Options};
use crate::error::Failure;
use crate::host::{self, Host};
use crate::probe::{Probes, State};
use crate::rate::Rate;
use crate::report::{Finding, Report};
use crate::{banner, connect, policy, route, syn};
use std::time::Instant;

/// Checks every target, then scans them all.
///
/// # Errors
/// A [`Failure::Usage`] before any packet is sent, a [`Failure::Run`] during the scan.
pub fn run(options: &Options) -> Result<Report, Failure> {
    for block in &options.targets {
        policy::check(block, route::read)?;
    }
    let start = Instant::now();
    let rate = Rate::new(options.max_rate);
    let mut report = Report::new(options.method);
    let hosts = host::list(&options.targets)?;
    let (v4, v6): (Vec<Host>, Vec<Host>) =
        hosts.into_iter().partition(|host| host.address.is_ipv4());
    for family in [v4, v6].into_iter().filter(|family| !family.is_empty()) {
        let probes = Probes::new(family, options.ports.clone())?;
        report.sent += ask(options, &probes, &rate)?;
        add(&mut report, &probes);
    }
    if options.banners {
        banners(&mut report, &rate)?;
    }
    report.time = start.elapsed();
    Ok(report)
}

/// Scans hosts of one family; returns the number of packets or connections.
fn ask(options: &Options, probes: &Probes, rate: &Rate) -> Result<usize, Failure> {
    let (threads, batch) = (options.threads, options.batch);
    match options.method {
        Method::Syn => syn::scan(probes, rate, threads, batch),
        Method::Connect => connect::scan(probes, rate, threads, batch),
    }
}

fn add(report: &mut Report, probes: &Probes) {
    report.hosts += probes.hosts();
    report.ports += probes.len();
    report.silent += probes.len() - probes.answered();
    let open = probes.in_state(State::Open).map(|port| Finding { port, banner: None });
    report.open.extend(open);
}

fn banners(report: &mut Report, rate: &Rate) -> Result<(), Failure> {
    let ports: Vec<_> = report.open.iter().map(|finding| finding.port).collect();
    let banners = banner::read(&ports, rate)
        .map_err(|error| Failure::Run(format!("cannot read banners: {error}")))?;
    for (finding, banner) in report.open.iter_mut().zip(banners) {
        finding.banner = banner;
    }
    Ok(())
}
