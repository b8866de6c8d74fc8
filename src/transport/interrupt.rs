//! The user who wants a run to end.

use super::runtime::runtime;

/// Calls `then` once, when the user asks the program to end (Ctrl-C). A second
/// time ends it at once.
pub fn on_interrupt(then: impl FnOnce() + Send + 'static) {
    let Some(runtime) = runtime() else {
        return;
    };
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        then();
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(i32::from(crate::exit::Exit::Undecided.code()));
        }
    });
}
