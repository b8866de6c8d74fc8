//! The user, or the machine, who wants a run to end.

use std::time::Duration;

use super::runtime::runtime;

/// Within this time, being asked twice is one wish.
const ONE_WISH: Duration = Duration::from_secs(1);

/// Calls `then` once, when the program is asked to end: with Ctrl-C, or with
/// the signal by which pipelines and containers do it. A second time ends it
/// at once, unless it follows on the heels of the first: `timeout` and some
/// shells send the same wish to the program and to its group.
pub fn on_interrupt(then: impl FnOnce() + Send + 'static) {
    let Some(runtime) = runtime() else {
        return;
    };
    runtime.spawn(async move {
        #[cfg(unix)]
        let terminated = {
            use tokio::signal::unix::{SignalKind, signal};
            let Ok(mut signal) = signal(SignalKind::terminate()) else {
                return;
            };
            async move || signal.recv().await
        };
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>;
        let mut terminated = terminated;
        let mut asked = async || {
            tokio::select! {
                asked = tokio::signal::ctrl_c() => asked.is_ok(),
                asked = terminated() => asked.is_some(),
            }
        };
        if !asked().await {
            return;
        }
        then();
        tokio::time::sleep(ONE_WISH).await;
        if asked().await {
            std::process::exit(i32::from(crate::exit::Exit::Undecided.code()));
        }
    });
}
