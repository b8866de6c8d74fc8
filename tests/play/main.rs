//! Playing scenarios, and the evidence of it.

mod shipped;
