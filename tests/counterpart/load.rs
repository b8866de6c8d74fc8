//! How much the counterpart DUO can take: `cargo test --release --test
//! counterpart -- --ignored --nocapture load`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Running, Supplier};

/// Connections at a time.
const SENDERS: u32 = 4;

/// Messages that each sender has; then it begins again with the first.
const MESSAGES: u32 = 100;

/// How often the memory is looked at in the course of the measurement.
const SAMPLES: u32 = 6;

/// Memory of a process in KiB, as the system calls it, where it says so:
/// `VmRSS` what it has now, `VmHWM` the most that it had.
fn memory(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Signed enrolments (RSA-2048) over TLS with connections that are kept, for
/// `KETENKEUR_LOAD_SECONDS`. Each is signed anew when it is sent.
#[test]
#[ignore = "measures"]
fn load_of_signed_exchanges() {
    let seconds = std::env::var("KETENKEUR_LOAD_SECONDS").ok();
    let seconds = seconds.map_or(5, |seconds| seconds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let osr = Running::party(&["osr"], &folder.path().join("osr.sqlite"));
    let state = folder.path().join("duo.sqlite");
    let duo = Running::party(&["duo", "--osr", &osr.url()], &state);
    let url = duo.url();
    // Schemas and rules are compiled when they are first needed.
    let first = Supplier::new();
    first.ask(&first.enrolment(0, &url)).unwrap();
    let resident = || memory(duo.child.id(), "VmRSS");
    let before = resident();
    let samples = Mutex::new(Vec::new());
    let (exchanges, errors) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let each = Duration::from_secs(seconds) / SAMPLES;
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (url, exchanges, errors) = (&url, &exchanges, &errors);
            let (samples, resident) = (&samples, &resident);
            scope.spawn(move || {
                let supplier = Supplier::new();
                let pupils = (0..MESSAGES).map(|number| sender * MESSAGES + number);
                for pupil in pupils.cycle() {
                    if Instant::now() >= until {
                        return;
                    }
                    let mut samples = samples.lock().unwrap();
                    if began.elapsed() >= each * (samples.len() as u32 + 1) {
                        samples.extend(resident());
                    }
                    drop(samples);
                    let answer = supplier.send(&supplier.enrolment(pupil, url));
                    let status = answer.ok().and_then(|answer| answer.http?.status());
                    let counter = if status == Some(200) {
                        exchanges
                    } else {
                        errors
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let took = began.elapsed().as_secs_f64();
    let (exchanges, errors) = (exchanges.into_inner(), errors.into_inner());
    println!("{:.0} exchanges per second", exchanges as f64 / took);
    println!("{exchanges} exchanges, {errors} errors, in {took:.1} s");
    let most = memory(duo.child.id(), "VmHWM");
    if let Some(((before, after), most)) = before.zip(resident()).zip(most) {
        println!("memory of DUO in KiB: {before} before, {after} after, {most} at most");
        println!("in the course of it: {:?}", samples.into_inner().unwrap());
    }
    assert!(exchanges > 0);
    assert_eq!(errors, 0);
}
