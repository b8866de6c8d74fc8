//! The program as a user runs it: what it prints, what it ends with.

mod call;
mod outputs;
mod personal_data;
mod real;
mod rules;
mod user_files;
mod verdicts;
