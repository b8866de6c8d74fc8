//! Connections that are kept alive for the next request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::target_url::Place;
use crate::limits::{KEEP_ALIVE_SECONDS, MAX_KEPT_CONNECTIONS};

/// Connections that wait for a request, by where they lead.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<Place, Vec<(Connection, Instant)>>>,
}

impl Pool {
    /// A connection that is still open, the last used first: it is the least
    /// likely to be closed at the other end meanwhile.
    pub(super) async fn take(&self, place: &Place) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.last(place)?;
            let fresh = since.elapsed() < Duration::from_secs(KEEP_ALIVE_SECONDS);
            if fresh && connection.is_ready().await {
                return Some(connection);
            }
        }
    }

    fn last(&self, place: &Place) -> Option<(Connection, Instant)> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.get_mut(place)?.pop()
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn keep(&self, place: Place, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.entry(place).or_default();
        let old = Duration::from_secs(KEEP_ALIVE_SECONDS);
        kept.retain(|(_, since)| since.elapsed() < old);
        if kept.len() < MAX_KEPT_CONNECTIONS {
            kept.push((connection, Instant::now()));
        }
    }
}
