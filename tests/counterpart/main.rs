//! The counterparts as a user starts them: the real program, over real TLS.

mod chain;
mod curl;
mod load;
mod relay;
mod state;
mod support;
