//! A measurement.

use crate::signer::{Party, Shape};
use crate::support::Setting;

/// Messages of 3 KB with an RSA-2048 signature, read and judged whole on one
/// core. Run with `--ignored --nocapture` and an optimised build.
#[test]
#[ignore = "a measurement"]
fn signed_messages_per_second() {
    let message = Shape::default().signed(&Party::supplier());
    let setting: Setting = crate::certificates::setting();
    let rounds: u32 = 2_000;
    for (what, setting) in [
        ("with chain and revocation", setting),
        ("without", Setting::at(crate::signer::NOW)),
    ] {
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            assert_eq!(setting.judge(&message).signed.len(), 6);
        }
        let per_second = f64::from(rounds) / start.elapsed().as_secs_f64();
        println!(
            "{} bytes, {what}: {per_second:.0} per second",
            message.len()
        );
    }
}
