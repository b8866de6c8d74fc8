//! The one runtime behind all clients and servers of the process.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

use crate::limits::MAX_HANDLER_THREADS;

/// The runtime, started when it is first needed; `None` when the system gives
/// no threads.
pub(super) fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .thread_name("ketenkeur-net")
                .max_blocking_threads(MAX_HANDLER_THREADS)
                .enable_io()
                .enable_time()
                .build()
                .ok()
        })
        .as_ref()
}
