//! What is kept of runs: put together, played again, signed, packed and checked,
//! by the program itself.

mod handing_on;
mod interrupted;
mod parts;
mod prune;
mod scripts;
mod shared;
mod support;
