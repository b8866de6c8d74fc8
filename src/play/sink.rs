//! Where the events of a run go.

use crate::event::Event;

/// Takes events, from several threads at a time.
pub trait Sink: Send + Sync {
    /// Takes one event.
    fn event(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Sink for F {
    fn event(&self, event: Event) {
        self(event);
    }
}
