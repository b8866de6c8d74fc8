//! Scenarios that are played: among the built-in parties, and against parties
//! of somebody else's; and the evidence of it.

mod always_the_same;
mod bad_answers;
mod calls;
mod checked;
mod elsewhere;
mod expected;
mod foreign;
mod hunt;
mod interrupted;
mod las;
mod memory;
mod operator;
mod other_oin;
mod recorded;
mod recorded_answers;
mod recorded_files;
mod recorded_form;
mod recorded_which;
mod recorded_whose;
mod registered;
mod shipped;
mod target;
mod wrong_addresses;
